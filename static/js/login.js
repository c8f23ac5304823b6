/**
 * Asks for the same address once more, from our own page: after a link on another site the browser keeps the login cookie
 * back, and only this request carries it. What stands behind # goes along.
 */

const again = document.querySelector("meta[name=again]");
if (again) location.replace(again.content + location.hash);
