// @ts-check

/** @typedef {{ x: number, top: number, height: number }} CaretPlace in the window */

/**
 * Where a browser would draw a caret in laid-out text. Between letters that run the same way it is at their border; where the way changes, it goes with the
 * letter that runs as the paragraph does.
 * @param {Text} text something follows the last place in it, so that this has a line @param {number} at @param {{ left: number, right: number }} content the room the lines have
 * @param {boolean} isRtl the paragraphs run from right to left
 * @returns {CaretPlace | undefined} undefined: it is not laid out
 */
export function caretPlace(text, at, content, isRtl) {
  const next = letterAt(text, at, isRtl);
  if (!next) return undefined;
  const { top, height } = next.rect;
  if (!next.isAgainst) return { x: next.lead, top, height };
  const before = at > 0 ? letterAt(text, startOf(text.data, at), isRtl) : undefined;
  if (!before || before.rect.top !== top || before.rect.width === 0) return { x: isRtl ? content.right : content.left, top, height }; // it begins the line
  return { x: before.isAgainst ? next.trail : before.trail, top, height };
}

/** A letter: its border towards the begin of its paragraph, the other one, and whether it runs against the paragraph. @param {Text} text @param {number} at @param {boolean} isRtl */
function letterAt(text, at, isRtl) {
  const range = text.ownerDocument.createRange();
  range.setStart(text, at);
  const begins = [...range.getClientRects()].map(({ left }) => left); // of a range of nothing: where the letter begins, whichever way it runs
  range.setEnd(text, at + (/[\ud800-\udbff]/.test(text.data[at]) ? 2 : 1));
  const rect = [...range.getClientRects()].at(-1);
  if (!rect) return undefined;
  const [lead, trail] = isRtl ? [rect.right, rect.left] : [rect.left, rect.right];
  const isThere = (/** @type {number} */ x) => begins.some(begin => Math.abs(begin - x) < 0.5);
  return { rect, lead, trail, isAgainst: rect.width > 1 && isThere(trail) && !isThere(lead) };
}

/** @param {string} data @param {number} at where the letter in front of it begins */
const startOf = (data, at) => /[\udc00-\udfff]/.test(data[at - 1]) ? at - 2 : at - 1;
