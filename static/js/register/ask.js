/** Questions to the register. Each goes to the task endpoint; the server answers at once or gives it to a queue, as it thinks best. */

import { Cancelled, call, getJson, newKey, postJson } from "../api.js";
import { cancelTask, follow, insist, resultOf } from "../tasks.js";

const TASKS = "/api/v1/data-processing/tasks";
export const CONTRACTS = "/api/v1/contracts";

/**
 * Ask, and wait for the answer.
 *
 * @param {"search"|"analytics"|"analytics-paginated"|"export"} kind
 * @param {Object} body
 * @param {{signal: AbortSignal, onStatus?: function(Object): void}} options aborting also takes back what waits in a queue
 * @returns {Promise<Object>} the answer's `data`, with `source`: "completed" or "cached"
 */
export async function ask(kind, body, { signal, onStatus = () => {} }) {
  const answer = await insist(() => call("POST", `${TASKS}/${kind}/`, { body, key: newKey(), signal }), signal);
  if (answer.status !== 202) return { ...answer.data.data, source: answer.data.status };
  const { task_id: task } = answer.data;
  onStatus({ status: answer.data.message ?? "Waiting", progress: null });
  try {
    return { ...resultOf(await follow(task, { onStatus, signal })).data, source: "completed" };
  } catch (error) {
    if (error instanceof Cancelled && signal.aborted) cancelTask(task).catch(() => {}); // nobody waits for it any more
    throw error;
  }
}

export const overview = (signal) => insist(() => getJson(`${CONTRACTS}/overview/`, { signal }), signal);

/** Names of a dimension that contain `text`, with how many contracts each has under the filters. */
export async function options(dimension, text, filters, signal) {
  const body = { filters, dimension, limit: 20 };
  if (text) body.q = text;
  return (await postJson(`${CONTRACTS}/filter-options/`, body, { signal })).options;
}
