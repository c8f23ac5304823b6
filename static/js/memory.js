/** What a tab remembers across a reload (sessionStorage) and a browser across visits (localStorage). Both may be denied. */

function box(storage) {
  return {
    get(name, fallback) {
      try {
        return JSON.parse(storage().getItem(`tenderline.${name}`)) ?? fallback;
      } catch {
        return fallback; // storage is denied or holds something that isn't ours
      }
    },
    set(name, value) {
      try {
        storage().setItem(`tenderline.${name}`, JSON.stringify(value));
      } catch {
        // denied or full: the page works without, it only remembers less
      }
    },
  };
}

export const tab = box(() => sessionStorage);
export const browser = box(() => localStorage);

/** Work that this tab has sent: `name` -> task id (or null to forget it). */
export function rememberTask(name, id) {
  const tasks = tab.get("tasks", {});
  if (id) tasks[name] = id;
  else delete tasks[name];
  tab.set("tasks", tasks);
}

export const rememberedTask = (name) => tab.get("tasks", {})[name] ?? null;
