// @ts-check
/** @import { SeenCaret, TextCarets } from './text-carets.js' */
import { caretPlace } from './caret-place.js';

/** How long a name stands at a caret that has moved, in ms. */
const FLAG_MS = 3000;
/** What decides where a letter stands. */
const METRICS = [
  'boxSizing', 'borderTopWidth', 'borderRightWidth', 'borderBottomWidth', 'borderLeftWidth', 'paddingTop', 'paddingRight', 'paddingBottom', 'paddingLeft',
  'fontFamily', 'fontSize', 'fontWeight', 'fontStyle', 'fontVariant', 'fontStretch', 'fontSizeAdjust', 'fontKerning', 'fontFeatureSettings', 'lineHeight', 'letterSpacing',
  'wordSpacing', 'tabSize', 'textAlign', 'textIndent', 'textTransform', 'direction', 'wordBreak', 'overflowWrap', 'hyphens', 'unicodeBidi',
];
const SETTING = 'eo:carets';

/** Shall others' carets be drawn on this device? @param {boolean} [wanted] sets it @returns {boolean} */
export function showCarets(wanted) {
  try {
    if (wanted !== undefined) localStorage.setItem(SETTING, wanted ? 'on' : 'off');
    return localStorage.getItem(SETTING) !== 'off';
  } catch {
    return wanted ?? true; // private mode: they are shown
  }
}

/**
 * Is something within a frame, or so near that it may be scrolled into it before it is drawn anew? A selection of a whole book has more lines than a page bears.
 * @param {{ left: number, top: number, width: number, height: number }} place @param {{ left: number, top: number, width: number, height: number }} frame
 */
export function isNear(place, frame) {
  const isWithin = (/** @type {number} */ from, /** @type {number} */ length, /** @type {number} */ start, /** @type {number} */ room) => from + length >= start - room && from <= start + 2 * room;
  return isWithin(place.left, place.width, frame.left, frame.width) && isWithin(place.top, place.height, frame.top, frame.height);
}

/**
 * Draws others' carets and selections over a text area: a mirror of it, with the same letters at the same places, tells where. Nobody is kept from
 * reading: a name is shown for three seconds after a move, and while the mouse is over the caret.
 */
export class CaretOverlay {
  #element;
  #carets;
  #label;
  #layer;
  /** All that moves with the letters. */
  #sheet;
  #mirror;
  /** Where the element was scrolled when it was drawn. */
  #drawnAt = { left: 0, top: 0 };
  #text;
  #frame = 0;
  /** What of each was drawn last, and since when: only what its owner does shows the name. @type {Map<string, { told: number, since: number }>} */
  #moved = new Map();
  #off;
  #end = new AbortController();
  #sizes;

  /** @param {HTMLTextAreaElement} element @param {TextCarets} carets @param {(session: string) => string} [label] */
  constructor(element, carets, label) {
    this.#element = element;
    this.#carets = carets;
    this.#label = label;
    const { ownerDocument: page } = element;
    this.#layer = page.createElement('div');
    this.#layer.setAttribute('aria-hidden', 'true');
    this.#layer.className = 'eo-carets';
    Object.assign(this.#layer.style, { position: 'absolute', overflow: 'hidden', pointerEvents: 'none' });
    this.#sheet = this.#layer.appendChild(page.createElement('div'));
    Object.assign(this.#sheet.style, { position: 'absolute', inset: '0' });
    this.#mirror = page.createElement('div');
    Object.assign(this.#mirror.style, { position: 'absolute', top: '0', left: '0', visibility: 'hidden', borderStyle: 'solid', borderColor: 'transparent' });
    this.#text = this.#mirror.appendChild(page.createTextNode(''));
    this.#sheet.append(this.#mirror);
    const { signal } = this.#end;
    element.addEventListener('input', () => this.draw(), { signal, passive: true });
    element.addEventListener('scroll', () => this.#scroll(), { signal, passive: true });
    page.defaultView?.addEventListener('resize', () => this.draw(), { signal });
    page.fonts?.addEventListener?.('loadingdone', () => this.draw(), { signal });
    this.#sizes = typeof ResizeObserver === 'function' ? new ResizeObserver(() => this.draw()) : undefined;
    this.#sizes?.observe(element);
    this.#off = carets.on(() => this.draw());
    this.draw();
  }

  /** Draws with the next frame, however often it is asked for. */
  draw() { if (!this.#end.signal.aborted) this.#frame ||= requestAnimationFrame(() => { this.#frame = 0; this.#paint(); }); }

  remove() {
    if (this.#frame) cancelAnimationFrame(this.#frame);
    this.#end.abort();
    this.#sizes?.disconnect();
    this.#off();
    this.#layer.remove();
  }

  /** What is drawn goes along; only far from where it was drawn there is something else to be seen. */
  #scroll() {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.#element;
    this.#sheet.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    if (Math.abs(scrollLeft - this.#drawnAt.left) > clientWidth || Math.abs(scrollTop - this.#drawnAt.top) > clientHeight) this.draw();
  }

  #paint() {
    const seen = showCarets() ? this.#carets.all : [];
    for (const old of [...this.#sheet.children]) if (old !== this.#mirror) old.remove();
    for (const session of [...this.#moved.keys()]) if (!seen.some(caret => caret.session === session)) this.#moved.delete(session);
    if (!this.#element.isConnected) this.#layer.remove();
    if (seen.length === 0 || !this.#element.isConnected) return;
    if (this.#layer.parentNode !== this.#element.parentNode) this.#element.after(this.#layer); // it may have come into the page, or to another place in it, since
    this.#measure();
    this.#scroll();
    for (const caret of seen) this.#paintOne(caret);
  }

  /** Lays the layer over the element, and the mirror where its letters are. */
  #measure() {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight, clientWidth, clientHeight, clientLeft, clientTop, scrollLeft: left, scrollTop: top, value } = this.#element;
    this.#drawnAt = { left, top };
    const styles = getComputedStyle(this.#element);
    Object.assign(this.#layer.style, { left: `${offsetLeft}px`, top: `${offsetTop}px`, width: `${offsetWidth}px`, height: `${offsetHeight}px`,
      clipPath: `inset(${clientTop}px ${offsetWidth - clientLeft - clientWidth}px ${offsetHeight - clientTop - clientHeight}px ${clientLeft}px)` });
    for (const name of METRICS) /** @type {any} */ (this.#mirror.style)[name] = /** @type {any} */ (styles)[name];
    const isLine = this.#element.tagName === 'INPUT';
    const border = parseFloat(styles.borderLeftWidth || '0');
    const bars = offsetWidth - clientWidth - border - parseFloat(styles.borderRightWidth || '0'); // a scroll bar takes its room from the letters
    const barLeft = Math.trunc(clientLeft - border); // where the text runs from the right the bar may stand on the left
    Object.assign(this.#mirror.style, { width: isLine ? 'auto' : styles.boxSizing === 'border-box' ? `${offsetWidth - bars}px` : `${parseFloat(styles.width) - bars}px`,
      left: `${barLeft}px`, whiteSpace: isLine ? 'pre' : styles.whiteSpace || 'pre-wrap', overflowWrap: isLine ? 'normal' : 'break-word' });
    const shown = `${value}\n\u200b`; // so that the end has a place, in whichever line it is
    if (this.#text.data !== shown) this.#text.data = shown;
  }

  /** @param {SeenCaret} caret */
  #paintOne({ session, name, colour, anchor, head, told }) {
    const since = this.#since(session, told);
    const [frame, sheet] = [this.#layer.getBoundingClientRect(), this.#sheet.getBoundingClientRect()];
    const range = this.#layer.ownerDocument.createRange();
    const end = this.#text.data.length - 2;
    const [from, to, at] = [Math.min(anchor, head, end), Math.min(Math.max(anchor, head), end), Math.min(head, end)];
    range.setStart(this.#text, from);
    range.setEnd(this.#text, to);
    if (from < to) {
      for (const rect of [...range.getClientRects()].filter(rect => isNear(rect, frame))) {
        this.#box({ left: rect.left - sheet.left, top: rect.top - sheet.top, width: rect.width, height: rect.height }, colour, '0.25', 'eo-selection');
      }
    }
    const styles = getComputedStyle(this.#mirror);
    const box = this.#mirror.getBoundingClientRect();
    const [left, right] = [box.left + parseFloat(styles.borderLeftWidth) + parseFloat(styles.paddingLeft), box.right - parseFloat(styles.borderRightWidth) - parseFloat(styles.paddingRight)];
    const place = caretPlace(this.#text, at, { left, right }, styles.direction === 'rtl');
    if (!place || !isNear({ left: place.x, top: place.top, width: 0, height: place.height }, frame)) return;
    const bar = this.#box({ left: place.x - sheet.left - 1, top: place.top - sheet.top, width: 2, height: place.height }, colour, '1', 'eo-caret');
    bar.dataset.session = session;
    bar.style.pointerEvents = 'auto';
    bar.addEventListener('mousedown', event => event.preventDefault()); // it would take the focus from who writes
    this.#flag(bar, session, name, colour, since);
  }

  /** @param {{ left: number, top: number, width: number, height: number }} place @param {string} colour @param {string} opacity @param {string} className */
  #box({ left, top, width, height }, colour, opacity, className) {
    const box = this.#layer.ownerDocument.createElement('div');
    box.className = className;
    Object.assign(box.style, { position: 'absolute', left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`, background: colour, opacity });
    this.#sheet.append(box);
    return box;
  }

  /** Since when its name may stand there. @param {string} session @param {number} told */
  #since(session, told) {
    const last = this.#moved.get(session);
    if (last?.told === told) return last.since;
    const since = performance.now();
    this.#moved.set(session, { told, since });
    setTimeout(() => this.draw(), FLAG_MS);
    return since;
  }

  /** @param {HTMLElement} bar @param {string} session @param {string} name @param {string} colour @param {number} since */
  #flag(bar, session, name, colour, since) {
    const flag = this.#layer.ownerDocument.createElement('span');
    flag.className = 'eo-caret-name';
    flag.textContent = this.#label?.(session) ?? name;
    Object.assign(flag.style, { position: 'absolute', left: '0', padding: '0 4px', font: '12px/1.3 system-ui, sans-serif', whiteSpace: 'nowrap',
      color: '#fff', background: colour, pointerEvents: 'none' }); // it lies over letters that somebody may want to click at
    const show = (/** @type {boolean} */ is) => {
      flag.hidden = !is;
      if (!is) return;
      const [at, frame] = [bar.getBoundingClientRect(), this.#layer.getBoundingClientRect()];
      flag.style.top = at.top - frame.top < 16 ? '100%' : '-1.3em';
      if (at.left - frame.left + flag.offsetWidth > this.#element.clientWidth) Object.assign(flag.style, { left: 'auto', right: '0' }); // else it would be cut off
    };
    bar.addEventListener('mouseenter', () => show(true));
    bar.addEventListener('mouseleave', () => show(false));
    bar.append(flag);
    show(performance.now() - since < FLAG_MS);
  }
}
