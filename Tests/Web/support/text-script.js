// @ts-check
import { Replica } from '../../../Web/client/replica.js';
import { editOf } from '../../../Web/client/text-field.js';

/**
 * Plays scripts of Tests/Golden/text-client.json over a replica: what is done and heard, and what is then seen, under way, sent and to be told.
 * @typedef {{ do: string, [key: string]: any }} Step
 */
export class TextScript {
  #replica = aReplica();
  /** Whoever waits. */
  #owner = { resolve() {}, reject() {} };

  /** @param {Step} step @returns {{ view: object, pending: object[], frames: object[], effects: (object | string)[] }} */
  play(step) {
    /** @type {any[]} */
    const frames = [];
    const effects = this.#do(step, frames);
    return { view: this.#view(), pending: this.#pending(), frames, effects: effects.flatMap(told) };
  }

  /** @param {Step} step @param {any[]} frames @returns {any[]} */
  #do(step, frames) {
    const replica = this.#replica;
    switch (step.do) {
      case 'edit': return replica.edit(step.id, step.field, step.delta, this.#owner, 0);
      case 'submit': return replica.submit(step.command, this.#owner, 0).effects;
      case 'hear': return replica.receive(step.message);
      case 'release': return replica.release(step.n);
      case 'withdrawAll': return replica.withdrawAll({ code: step.code });
      case 'off': replica.off(); return [];
      case 'join': frames.push(replica.join(step.id)); return [];
      case 'reload': {
        const kept = JSON.parse(JSON.stringify(replica.kept()));
        this.#replica = aReplica();
        return this.#replica.restore(kept);
      }
      case 'rest': for (const command of replica.commands) replica.rest(command); return [];
      case 'wake': replica.wake(step.key); return [];
      case 'send':
        for (let command = replica.next(); command; command = replica.next()) {
          frames.push(replica.frame(command));
          replica.sent(command);
        }
        return [];
      default: throw new Error(`No such step: ${step.do}`);
    }
  }

  /** All texts as they are seen. */
  #view() {
    /** @type {{ [text: string]: string }} */
    const view = {};
    for (const id of [...this.#replica.ids()].sort()) {
      const item = this.#replica.view(id);
      for (const field of Object.keys(item?.texts ?? {}).sort()) view[`${id}.${field}`] = String(item?.data[field]);
    }
    return view;
  }

  #pending() {
    return [...this.#replica.commands].map(({ n, stage, body }) => {
      const edit = editOf(body);
      return { ...n !== undefined && { n }, stage, ...edit ? { field: edit.field, delta: edit.delta } : { type: body.type } };
    });
  }
}

function aReplica() { return new Replica({ project: 'apollo', session: 'secret-of-16-chars' }); }

/** @param {any} effect @returns {(object | string)[]} changes aside, they only say where to look */
function told(effect) {
  switch (effect.do) {
    case 'text': {
      const { id, field, delta, origin } = effect.text;
      return [{ text: `${id}.${field}`, delta, origin }];
    }
    case 'textGone': return [{ gone: `${effect.gone.id}.${effect.gone.field}`, text: effect.gone.text }];
    case 'textRefused': {
      const { id, field, code, delta, text } = effect.refused;
      return [{ refused: `${id}.${field}`, code, delta, text }];
    }
    case 'settle': return [`settle ${effect.command.n ?? '-'}`];
    case 'fail': return [`fail ${effect.command.n ?? '-'} ${effect.error.code}`];
    case 'change': case 'event': case 'conflict': return [];
    default: return [effect.do];
  }
}
