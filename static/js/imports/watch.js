/** Watching a store only as long as a node is part of the page: views of the imports come and go. */

/**
 * Call `call(state)` now and whenever one of `keys` changes, until `node` has been taken away.
 *
 * @param {HTMLElement} node not yet part of the page at the first call
 * @param {{on: function(string[], function(Object): void): function(): void}} store
 */
export function whileConnected(node, store, keys, call) {
  let seen = false;
  let stop = () => {};
  stop = store.on(keys, (state) => {
    seen ||= node.isConnected;
    if (seen && !node.isConnected) stop();
    else call(state);
  });
}
