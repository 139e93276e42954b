// @ts-check
const format = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** Hours and minutes of a wire time, in the visitor's zone. @param {unknown} at */
export function clock(at) {
  const time = new Date(String(at));
  return Number.isNaN(time.getTime()) ? '' : format.format(time);
}
