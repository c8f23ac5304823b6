/** What the rows of the sections say about the review of their document. */

/** Whether there is nothing in a section to review: a heading that only stands above others. One that was analyzed all the same counts. */
export const isEmpty = ({ has_words: words, state }) => words === false && state === "new";

/** The sections that there is something to review in. */
export const reviewable = (rows) => rows.filter((row) => !isEmpty(row));
