/** Cuts a section's text into blocks and highlighted pieces. Pure functions: no DOM in here. */

const ROW = " | ";
const ITEM = /^\s*(?:[•◦▪‣·–*-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)])\s+/;

/**
 * The server counts characters as Unicode code points, JavaScript as UTF-16 units: each character outside the basic plane
 * (an emoji, say) shifts what follows it by one.
 *
 * @param {string} text
 * @returns {function(number): number} position in code points -> index into `text`
 */
export function unitIndex(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (position) => position;
  const wide = []; // positions, in code points, of characters that take two units
  let position = 0;
  for (const character of text) {
    if (character.length === 2) wide.push(position);
    position += 1;
  }
  return (wanted) => {
    let low = 0;
    let high = wide.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (wide[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return wanted + low;
  };
}

/**
 * The text as blocks in reading order: paragraphs, list items and tables.
 *
 * A table is two or more lines in a row that are cut into cells by " | "; each row lists its cells.
 *
 * @returns {Array<{kind: "line"|"item"|"table", start: number, end: number, rows?: Array<Array<{start: number, end: number}>>}>}
 */
export function blocks(text) {
  const lines = [];
  for (let start = 0; start <= text.length;) {
    const stop = text.indexOf("\n", start);
    const end = stop < 0 ? text.length : stop;
    if (text.slice(start, end).trim()) lines.push({ start, end, row: text.slice(start, end).includes(ROW) });
    else lines.push(null);
    start = end + 1;
  }
  const result = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    if (!line) continue;
    if (line.row && lines[index + 1]?.row) {
      const rows = [];
      while (lines[index]?.row) rows.push(cells(text, lines[index++]));
      index -= 1;
      result.push({ kind: "table", start: rows[0][0].start, end: rows.at(-1).at(-1).end, rows });
    } else {
      result.push({ kind: ITEM.test(text.slice(line.start, line.end)) ? "item" : "line", start: line.start, end: line.end });
    }
  }
  return result;
}

function cells(text, { start, end }) {
  const found = [];
  for (let from = start; ;) {
    const bar = text.indexOf(ROW, from);
    if (bar < 0 || bar >= end) {
      found.push({ start: from, end });
      return found;
    }
    found.push({ start: from, end: bar });
    from = bar + ROW.length;
  }
}

/**
 * Cut `start`..`end` where highlights begin and end; overlapping ones share their pieces.
 *
 * @param {Array<{id: string, start: number, end: number}>} marks in indices of the text
 * @returns {Array<{start: number, end: number, ids: string[]}>} pieces in order, without gaps
 */
export function pieces(start, end, marks) {
  const inside = marks.filter((mark) => mark.start < end && mark.end > start && mark.end > mark.start);
  if (!inside.length) return [{ start, end, ids: [] }];
  const cuts = new Set([start, end]);
  for (const mark of inside) {
    if (mark.start > start) cuts.add(mark.start);
    if (mark.end < end) cuts.add(mark.end);
  }
  const ordered = [...cuts].sort((a, b) => a - b);
  return ordered.slice(1).map((stop, index) => ({
    start: ordered[index],
    end: stop,
    ids: inside.filter((mark) => mark.start <= ordered[index] && mark.end >= stop).map((mark) => mark.id),
  }));
}
