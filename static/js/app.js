/** Puts the page together. */

import { startAnnouncing } from "./announce.js";
import { startConnection } from "./connection.js";
import { startDesk } from "./desk.js";
import { startDialogs } from "./dialogs.js";
import { startDrops } from "./drops.js";
import { importsPanel } from "./imports/panel.js";
import { startKeys } from "./keys.js";
import { startLayout } from "./layout.js";
import { chatPanel } from "./panels/chat.js";
import { findingsPanel } from "./panels/findings.js";
import { interimPanel } from "./panels/interim.js";
import { sheetPanel } from "./panels/sheet.js";
import { spinePanel } from "./panels/spine.js";
import { startPanel } from "./panels/start.js";
import { statusPanel } from "./panels/status.js";
import { tasksPanel } from "./panels/tasks.js";
import { contractPanel } from "./register/contract.js";
import { registerPanel } from "./register/panel.js";
import { startRouting } from "./route.js";
import { startTaskList } from "./tasklist.js";

const byId = (id) => document.getElementById(id);

startAnnouncing(byId("announcer"));
startRouting();
startLayout();
startDialogs();
startPanel(byId("start"));
interimPanel(byId("interim"));
spinePanel(byId("spine"));
sheetPanel(byId("sheet"));
findingsPanel(byId("findings"), byId("tab-findings"));
chatPanel({ log: byId("chat-log"), form: byId("ask"), question: byId("question"), send: byId("send") });
tasksPanel(byId("tasks"));
statusPanel(byId("status"));
registerPanel(byId("register"));
contractPanel(byId("contract"));
importsPanel(byId("imports"));
startDrops();
startKeys();
startDesk();
startTaskList();
startConnection();
