/** Cuts a section's text into blocks and highlighted pieces. Pure functions: no DOM in here. */

const BAR = " | ";
const RULE = /^\s*\|?(?:\s*:?-{3,}:?\s*\|)+(?:\s*:?-{3,}:?)?\s*$/; // Markdown: |---|:---|
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
 * A table is two or more lines in a row that are cut into cells by " | " (Markdown's outer bars and its rule below the head
 * are left out); each row lists its cells.
 *
 * @param {string} text
 * @param {boolean} spaced whether blank lines part the paragraphs, as in text files; else each line is a paragraph
 * @returns {Array<{kind: "line"|"item"|"table", start: number, end: number, rows?: Array<Array<{start: number, end: number}>>}>}
 */
export function blocks(text, spaced = false) {
  const lines = linesOf(text);
  const result = [];
  for (let index = 0; index < lines.length;) {
    const first = lines[index];
    index += 1;
    if (first.blank) continue;
    const rows = [first];
    if (first.row && lines[index]?.row) {
      while (lines[index]?.row) rows.push(lines[index++]);
      const kept = rows.filter(({ start, end }) => !RULE.test(text.slice(start, end))).map((line) => cells(text, line));
      result.push({ kind: "table", start: first.start, end: rows.at(-1).end, rows: kept });
      continue;
    }
    while (spaced && index < lines.length && continues(lines[index])) rows.push(lines[index++]);
    result.push({ kind: first.item ? "item" : "line", start: first.start, end: rows.at(-1).end });
  }
  return result;
}

const continues = (line) => !line.blank && !line.item && !line.row;

function linesOf(text) {
  const lines = [];
  for (let start = 0; start <= text.length;) {
    const stop = text.indexOf("\n", start);
    const end = stop < 0 ? text.length : stop;
    const line = text.slice(start, end);
    lines.push({ start, end, blank: !line.trim(), item: ITEM.test(line), row: line.includes(BAR) || RULE.test(line) });
    start = end + 1;
  }
  return lines;
}

function cells(text, { start, end }) {
  const line = text.slice(start, end);
  const barred = /^\s*\|\s?/.exec(line);
  const closed = barred && /\s?\|\s*$/.exec(line.slice(barred[0].length));
  let from = start + (barred ? barred[0].length : 0);
  const last = closed ? start + barred[0].length + closed.index : end;
  const found = [];
  for (;;) {
    const bar = text.indexOf(BAR, from);
    if (bar < 0 || bar >= last) {
      found.push({ start: Math.min(from, last), end: last });
      return found;
    }
    found.push({ start: from, end: bar });
    from = bar + BAR.length;
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
