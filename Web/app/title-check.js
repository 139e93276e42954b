// @ts-check
/** @import { Client } from './types.js' */
import { OfflineError } from '../client/eventonly.js';
import { afterPause, el, setText } from './dom.js';

const PAUSE_MS = 250;

/**
 * "Is this title taken?", asked over the socket while somebody types. Advisory: it says so, and still lets them. A newer question
 * with the same key gives up the older one, so a late answer never stands beside a newer text.
 * @param {Client} client
 * @param {HTMLInputElement} input
 * @param {() => { self?: string, list: string }} about the card that has the title already, and the list it is for
 */
export function titleCheck(client, input, about) {
  const hint = el('p', { class: 'hint', 'data-testid': 'title-taken', hidden: true });
  const say = (/** @type {string} */ words, taken = false) => {
    setText(hint, words);
    hint.hidden = !words;
    hint.classList.toggle('taken', taken);
  };

  const check = afterPause(async () => {
    const title = input.value.trim();
    const { self, list } = about();
    /** @type {import('../client/types.js').Command} */
    const command = self ? { type: 'update', entity: self, patch: { title } }
      : { type: 'create', entity: client.newId('card'), kind: 'card', data: { title, list } };
    try {
      const [same, verdict] = await Promise.all([
        client.query({ kind: 'card', where: { title }, limit: 2 }, { key: 'title-check' }),
        client.validate(command, { key: 'title-check-rules' }),
      ]);
      if (input.value.trim() !== title) return;
      if (!verdict.ok) say(verdict.message ?? 'The server would refuse this title.', true);
      else if (same.items.some(one => one.id !== self)) say('Another card has this title. You can still use it.', true);
      else say(same.items.length ? '' : 'Nobody has used this title yet.');
    } catch (error) {
      if (error instanceof OfflineError) say('Not checked while you are offline.');
      // Everything else is a question given up for a newer one, or a server too busy for advice.
    }
  }, PAUSE_MS);

  const clear = () => { check.drop(); say(''); };
  input.addEventListener('input', () => { if (input.value.trim()) check.ask(); else clear(); });
  return { hint, clear };
}
