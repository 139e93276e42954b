// @ts-check

/** A text area as far as a bound text touches it; it says what was done to it. */
export class FakeTextArea extends EventTarget {
  #value = '';
  selectionStart = 0;
  selectionEnd = 0;
  selectionDirection = 'none';
  scrollTop = 0;
  scrollLeft = 0;
  maxLength = -1;
  readOnly = false;
  tagName = 'TEXTAREA';
  /** What was written, in order. @type {string[]} */
  writes = [];
  ownerDocument = Object.assign(new EventTarget(), { activeElement: /** @type {any} */ (this) });

  get value() { return this.#value; }
  set value(value) {
    this.writes.push('value');
    this.#value = value.replace(/\r\n?/g, '\n'); // elements know one line end
    this.selectionStart = this.selectionEnd = value.length; // as browsers do
    this.scrollTop = 0;
  }

  /** @param {string} text @param {number} from @param {number} to */
  setRangeText(text, from, to) {
    this.writes.push('range');
    if (to > this.#value.length) throw new RangeError('Beyond the end.');
    this.#value = (this.#value.slice(0, from) + text + this.#value.slice(to)).replace(/\r\n?/g, '\n');
    this.selectionStart = Math.min(this.selectionStart, this.#value.length);
    this.selectionEnd = Math.min(this.selectionEnd, this.#value.length);
    this.scrollTop = 0; // some do
  }

  /** @param {number} start @param {number} end @param {string} [direction] */
  setSelectionRange(start, end, direction = 'none') { Object.assign(this, { selectionStart: start, selectionEnd: end, selectionDirection: direction }); }

  /** @param {string} name */
  removeAttribute(name) { if (name === 'maxlength') this.maxLength = -1; }

  focus() { throw new Error('Nobody asked for the focus.'); }

  /** The user has made the value this, with the caret there. @param {string} value @param {number} caret */
  type(value, caret) {
    this.#value = value;
    this.selectionStart = this.selectionEnd = caret;
    this.fire('input');
  }

  /** What is in it while the browser has not said so. @param {string} value @param {number} caret */
  compose(value, caret) {
    this.#value = value;
    this.selectionStart = this.selectionEnd = caret;
  }

  /** @param {string} type @param {object} [more] */
  fire(type, more) {
    const event = Object.assign(new Event(type, { cancelable: true }), more);
    this.dispatchEvent(event);
    return event;
  }
}
