// @ts-check
import { need } from './dom.js';

const QUIET_MS = 5000; // between two announcements of what others do

/**
 * Speaks to screen readers through the page's two live regions. `say` and `warn` tell at once what the visitor did; what others do
 * is gathered by `overhear` and told together, and waits while somebody types.
 */
export class Announcer {
  #status = need('status');
  #alert = need('alert');
  /** @type {{ by: string, words: string }[]} */ #heard = [];
  #timer = 0;

  /** @param {string} words */ say(words) { speak(this.#status, words); }
  /** @param {string} words */ warn(words) { speak(this.#alert, words); }

  /** @param {string} by @param {string} words */
  overhear(by, words) {
    this.#heard.push({ by, words });
    this.#timer ||= setTimeout(this.#tell, QUIET_MS);
  }

  #tell = () => {
    this.#timer = 0;
    if (document.activeElement?.matches('input, textarea')) { this.#timer = setTimeout(this.#tell, QUIET_MS); return; }
    const heard = this.#heard.splice(0);
    const names = [...new Set(heard.map(one => one.by))];
    if (heard.length === 1) this.say(`${heard[0].by} ${heard[0].words}`);
    else this.say(`${heard.length} changes by ${names.length > 3 ? `${names.length} people` : names.join(', ')}`);
  };
}

/** @param {HTMLElement} region @param {string} words */
function speak(region, words) {
  region.textContent = '';
  setTimeout(() => { region.textContent = words.slice(0, 140); }, 50); // the same words twice are only heard when they went away between
}
