// @ts-check
/**
 * @import { Delta, TextRefused } from './types.js'
 * @import { SharedText } from './shared-text.js'
 * @import { TextCarets } from './text-carets.js'
 */
import { compose, replace, transform, transformPosition } from './delta.js';
import { CaretOverlay } from './caret-overlay.js';

/** What the browser calls steps through what was typed. @type {{ [inputType: string]: 'undo' | 'redo' }} */
const UNDO = { historyUndo: 'undo', historyRedo: 'redo' };

/** Units that are compared at once. */
const BLOCK = 1024;

/**
 * @typedef {Pick<SharedText, 'value' | 'gone' | 'readonly' | 'unitsMax' | 'edit' | 'undo' | 'redo' | 'on'>} BindableText what `client.text` gives
 * @typedef {HTMLTextAreaElement | HTMLInputElement} TextElement
 * @typedef {object} BindOptions
 * @property {TextCarets} [carets] of the same text: ours is told to the others, and theirs are drawn
 * @property {(session: string) => string} [label] what stands on the flag of a caret; the user's name by default
 * @property {(error: unknown) => void} [trouble] what was typed could not be taken, and is not there any more; by default the console hears it
 */

/**
 * Lets a text area, or an input, show a shared text and be written in. Who types is never disturbed: the focus stays where it is, the caret stays at its
 * words, and while a composition is under way nothing is written into the element. Returns what ends it; the text stays open.
 *
 * ```js
 * const text = client.text('card-5', 'notes');
 * const release = bindText(document.querySelector('textarea'), text, { carets: new TextCarets(client, text) });
 * ```
 * @param {TextElement} element it fires `refused` with `detail: {code, delta, text}` for what was typed and could not stay; an input has one line
 * @param {BindableText} text @param {BindOptions} [options] @returns {() => void}
 */
export function bindText(element, text, options = {}) {
  const bound = new BoundText(element, text, options);
  return () => bound.release();
}

class BoundText {
  #element;
  #text;
  #options;
  /** What the element shows, as far as the text knows of it. */
  #shown = '';
  /** What others did meanwhile, to be shown when it may be. @type {Delta} */
  #waiting = [];
  #isComposing = false;
  #isOurs = false;
  #was;
  #end = new AbortController();
  /** @type {CaretOverlay | undefined} */
  #overlay;

  /** @param {TextElement} element @param {BindableText} text @param {BindOptions} options */
  constructor(element, text, options) {
    this.#element = element;
    this.#text = text;
    this.#options = options;
    this.#was = { readOnly: element.readOnly, maxLength: element.maxLength };
    if (!this.#fits) throw new RangeError('An input has one line, and this text has more: bind it to a text area.');
    const { signal } = this.#end;
    const listen = (/** @type {string} */ type, /** @type {(event: any) => void} */ fn) => element.addEventListener(type, fn, { signal });
    listen('input', () => this.#typed());
    listen('compositionstart', () => { this.#isComposing = true; });
    listen('compositionend', () => { this.#isComposing = false; this.#typed(); });
    listen('blur', () => { this.#isComposing = false; this.#typed(true); });
    listen('beforeinput', event => this.#step(event, UNDO[event.inputType]));
    listen('keydown', event => this.#step(event, stepOf(event)));
    text.on('change', ({ delta }) => this.#changed(delta), { signal });
    text.on('refused', refused => this.#refused(refused), { signal });
    text.on('gone', () => this.#lock(), { signal });
    if (element.value !== text.value) element.value = text.value;
    this.#shown = text.value;
    this.#limit();
    this.#lock();
    this.#clean();
    this.#watchCarets(listen);
  }

  release() {
    this.#end.abort();
    this.#element.readOnly = this.#was.readOnly;
    if (this.#was.maxLength < 0) this.#element.removeAttribute('maxlength');
    else this.#element.maxLength = this.#was.maxLength;
    this.#overlay?.remove();
    this.#options.carets?.set(undefined);
  }

  /** @param {(type: string, fn: () => void) => void} listen */
  #watchCarets(listen) {
    const { carets, label } = this.#options;
    if (!carets) return;
    const tell = () => this.#tellCaret();
    this.#element.ownerDocument.addEventListener('selectionchange', () => { if (this.#isFocused) tell(); }, { signal: this.#end.signal });
    for (const type of ['focus', 'select', 'keyup']) listen(type, tell);
    this.#overlay = new CaretOverlay(/** @type {HTMLTextAreaElement} */ (this.#element), carets, label);
  }

  get #isFocused() { return this.#element.ownerDocument?.activeElement === this.#element; }

  #tellCaret() {
    const { selectionStart, selectionEnd, selectionDirection } = this.#element;
    if (selectionStart === null || selectionEnd === null || this.#isBusy) return;
    this.#options.carets?.set(selectionDirection === 'backward' ? { anchor: selectionEnd, head: selectionStart } : { anchor: selectionStart, head: selectionEnd });
  }

  /** Does the element show what the text does not know of yet? */
  get #isBusy() { return this.#isComposing || this.#waiting.length > 0; }

  /** The element shows something else than before. @param {boolean} [must] half a character is not waited for any more */
  #typed(must = false) {
    if (this.#text.gone) this.#lock();
    if (this.#isComposing || this.#text.gone || !this.#fits) return;
    const raw = this.#element.value;
    const now = raw.replaceAll('\r\n', '\n').replaceAll('\0', '');
    if (!must && hasHalf(now)) return; // some keyboards type a character in halves
    const whole = hasHalf(now) ? now.replace(/\p{Surrogate}/gu, '') : now;
    const typed = changeAt(this.#shown, whole, this.#element.selectionStart ?? whole.length);
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#shown = whole;
    if (whole !== raw) this.#write(whole);
    if (typed.length > 0) this.#take(transform(typed, waiting, 'left'));
    this.#show(transform(waiting, typed, 'right'));
    this.#check();
    this.#tellCaret();
  }

  /** @param {Delta} delta over the text */
  #take(delta) {
    if (delta.length === 0) return;
    const before = this.#text.value;
    this.#isOurs = true;
    try {
      const edited = this.#text.edit(delta);
      const wasTaken = this.#text.value !== before;
      edited?.catch(error => { if (!wasTaken) this.#lost(delta, error); }); // of what was taken `refused` tells
    } catch (error) {
      this.#lost(delta, error);
    } finally {
      this.#isOurs = false;
    }
  }

  /** What was typed could not even wait. @param {Delta} delta @param {any} error */
  #lost(delta, error) {
    (this.#options.trouble ?? console.error)(error);
    this.#refused({ code: String(error?.code ?? 'invalid'), delta, text: this.#text.value });
  }

  /** Can the element show the text? An input has no line ends. */
  get #fits() { return this.#element.tagName !== 'INPUT' || !/[\n\r]/.test(this.#text.value); }

  /** Elements know one line end, and show a text with others as another text: so these go. */
  #clean() {
    const { value } = this.#text;
    if (!value.includes('\r') || this.#text.readonly) return;
    /** @type {Delta} */
    let delta = [];
    for (let at = value.indexOf('\r'), gone = 0; at >= 0; at = value.indexOf('\r', at + 1), gone++) {
      const isPair = value[at + 1] === '\n';
      delta = compose(delta, replace(at - gone, 1, isPair ? '' : '\n'));
      if (!isPair) gone--;
    }
    this.#take(delta);
    this.#reset();
  }

  /** The text is another one than we show: only after what was typed could not be taken. */
  #check() { if (this.#waiting.length === 0 && this.#element.value !== this.#text.value) this.#reset(); }

  #reset() {
    this.#shown = this.#text.value;
    this.#write(this.#shown);
  }

  /** @param {string} value */
  #write(value) {
    const { selectionStart, selectionEnd, scrollTop } = this.#element;
    this.#element.value = value;
    if (this.#isFocused && selectionStart !== null) this.#element.setSelectionRange(Math.min(selectionStart, value.length), Math.min(selectionEnd ?? selectionStart, value.length));
    this.#element.scrollTop = scrollTop;
  }

  /** @param {Delta} delta */
  #changed(delta) {
    if (this.#isOurs) return;
    this.#lock();
    if (this.#waiting.length === 0 && this.#element.value === this.#text.value) { // it was told late, and is shown already
      this.#shown = this.#text.value;
      return;
    }
    if (!this.#isComposing && (!this.#fits || this.#text.value.includes('\r'))) {
      this.#reset();
      this.#clean();
      return;
    }
    if (this.#isComposing || this.#element.value !== this.#shown) this.#waiting = compose(this.#waiting, delta);
    else this.#show(delta);
  }

  /** Puts a change into the element: nothing but what changes is written, and caret, selection and scroll stay at their words. @param {Delta} delta */
  #show(delta) {
    if (delta.length === 0) return;
    const element = this.#element;
    const { selectionStart: start, selectionEnd: end, selectionDirection, scrollTop, scrollLeft } = element;
    let at = 0;
    let shown = this.#shown;
    for (const { retain = 0, insert = '', delete: deleted = 0 } of delta) {
      at += retain;
      if (insert === '' && deleted === 0) continue;
      element.setRangeText(insert, at, at + deleted, 'preserve');
      shown = shown.slice(0, at) + insert + shown.slice(at + deleted);
      at += insert.length;
    }
    this.#shown = shown;
    if (start !== null && end !== null && this.#isFocused) { // elsewhere a browser may take it as a wish for the focus
      const [from, to] = [transformPosition(start, delta, start === end ? -1 : 1), transformPosition(end, delta, -1)];
      element.setSelectionRange(from, Math.max(from, to), selectionDirection ?? undefined);
    }
    [element.scrollTop, element.scrollLeft] = [scrollTop, scrollLeft];
    this.#overlay?.draw();
  }

  /** Ours are the steps to be taken back, the browser's know nothing of what others wrote. @param {any} event @param {string | undefined} role */
  #step(event, role) {
    if (role !== 'undo' && role !== 'redo') return;
    event.preventDefault();
    if (this.#isComposing) return;
    const before = this.#shown;
    this.#text[role]()?.catch(() => {});
    if (before === this.#shown || !this.#isFocused) return;
    const change = changeAt(before, this.#shown, this.#shown.length);
    let at = 0;
    for (const { retain = 0, insert = '' } of change) at += retain + insert.length;
    this.#element.setSelectionRange(at, at);
  }

  /** @param {Pick<TextRefused, 'code' | 'delta' | 'text'>} refused */
  #refused({ code, delta, text }) { this.#element.dispatchEvent(new CustomEvent('refused', { detail: { code, delta, text }, bubbles: true })); }

  #lock() { this.#element.readOnly = this.#was.readOnly || this.#text.readonly || !this.#fits; }

  #limit() {
    const most = this.#text.unitsMax;
    if (Number.isFinite(most) && (this.#element.maxLength < 0 || this.#element.maxLength > most)) this.#element.maxLength = most;
  }
}

/** What was typed, where the caret tells it: of several places that would give the same text, the one in front of the caret. @param {string} before @param {string} after @param {number} caret @returns {Delta} */
export function changeAt(before, after, caret) {
  if (before === after) return [];
  const shorter = Math.min(before.length, after.length);
  const suffixMax = Math.min(shorter, Math.max(0, after.length - caret));
  let end = 0;
  while (end + BLOCK <= suffixMax && before.slice(before.length - end - BLOCK, before.length - end) === after.slice(after.length - end - BLOCK, after.length - end)) end += BLOCK;
  while (end < suffixMax && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  let start = 0;
  while (start + BLOCK <= shorter - end && before.slice(start, start + BLOCK) === after.slice(start, start + BLOCK)) start += BLOCK;
  while (start < shorter - end && before[start] === after[start]) start++;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  if (isInside(before, start) || isInside(after, start)) start--;
  if (isInside(before, before.length - end) || isInside(after, after.length - end)) end--;
  return replace(start, before.length - end - start, after.slice(start, after.length - end));
}

/** Between the halves of a character? @param {string} text @param {number} at */
const isInside = (text, at) => /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(Math.max(at - 1, 0), at + 1));

/** @param {string} text */
const hasHalf = text => /\p{Surrogate}/u.test(text);

/** What a key asks for. @param {KeyboardEvent} event */
function stepOf({ key, ctrlKey, metaKey, altKey, shiftKey, isComposing }) {
  if (!(ctrlKey || metaKey) || altKey || isComposing) return undefined;
  const letter = key.toLowerCase();
  if (letter === 'z') return shiftKey ? 'redo' : 'undo';
  return letter === 'y' && !shiftKey ? 'redo' : undefined;
}
