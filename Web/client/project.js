// @ts-check
/**
 * @import { Question } from './types.js'
 * @import { Ack, AnyKinds, ClientEvents, Command, ItemOf, Json, Op, PatchOf, Sync, Verdict } from './types.js'
 * @import { AskOptions } from './requests.js'
 * @import { HistoryQuery } from './history.js'
 * @import { Past } from './past.js'
 * @import { Room } from './room.js'
 * @import { SharedText } from './shared-text.js'
 * @import { Store } from './store.js'
 * @import { Told } from './emitter.js'
 */
import { live } from './live.js';
import { placeOf } from './query-match.js';
import { restoring } from './restore.js';
import { itemOf } from './text-marker.js';

/**
 * A project as its users have it: what is in it, who is there, and all that can be done. `EventOnlyClient` is its first one; `client.join` gives others.
 * @template [App=AnyKinds] the kinds there are, each with what is in the data of its entities
 */
export class Project {
  #room;

  /** Reads: `get(id)`, `list(kind?)`, `confirmed(id)`, `isPending(id, field?)`, `size`, `view(kind?, {where, sort})`, `subscribe(idOrKind, fn)`. @type {Store<App>} */
  store;
  /** `set(data)` for what others see of us; `others` for them, `[{session, user, data}]`, `users` the same by user, `stale` while they may be gone. */
  presence;

  /** Made by `client.join`. @internal @param {Room} room */
  constructor(room) {
    this.#room = room;
    this.store = /** @type {any} */ (room.store);
    this.presence = room.presence;
  }

  /** The project's name. */
  get project() { return this.#room.project; }
  /** Position of the confirmed state. */
  get seq() { return this.#room.replica.seq; }
  /** Which incarnation of the journal `seq` counts in; undefined before the first snapshot. */
  get epoch() { return this.#room.replica.epoch; }
  /**
   * The position up to which the server keeps no events any more, as it last told: with each join and each page of `history`, whose events begin
   * behind it, wherever they were to begin. Undefined before the first join.
   */
  get floor() { return this.#room.replica.floor; }
  /** Our public id, as others see it; undefined before the first join. */
  get session() { return this.#room.replica.session; }
  /** Commands whose outcome is not known yet, sent or waiting. */
  get pending() { return this.#room.replica.pending; }
  /** May we only read here? False before the first join. */
  get readonly() { return this.#room.role === 'read'; }
  /** Of the confirmed state, 16 hexadecimal digits: equal on all replicas at the same `seq`. */
  get stateHash() { return this.#room.replica.stateHash; }

  /** How often our state was found to differ from the server's, and was replaced by a snapshot. Always 0, but for a fault; `error` tells each. */
  get divergences() { return this.#room.replica.divergences; }

  /**
   * For an indicator: `synced`; `syncing` while commands are pending or events are missing; `stuck` when one has been
   * pending for 8 s of a connected line; `offline`.
   * @returns {Sync}
   */
  get sync() { return this.#room.sync; }

  /**
   * Resolves when connected and all is here that was there when we joined; at once if that is so already.
   * @param {{ signal?: AbortSignal, timeout?: number }} [options] timeout in ms; none by default
   * @returns {Promise<void>} rejects with `ClosedError`, `TimeoutError` or the signal's reason
   */
  ready(options = {}) { return this.#room.ready(options); }

  /**
   * Leaves a project that was joined by `client.join`; commands still pending reject with `ClosedError`. The client's first project is left by
   * `disconnect`: of that one this is an error.
   */
  leave() { this.#room.leave(); }

  /**
   * Listens. A listener that throws is reported through `error` and harms nobody else.
   * @template {keyof ClientEvents | `broadcast:${string}`} T
   * @param {T} type see `ClientEvents` in types.js; also `broadcast:<topic>`
   * @param {(value: Told<T, App>) => void} fn
   * @param {{ signal?: AbortSignal, once?: boolean }} [options]
   * @returns {() => void} stops listening
   */
  on(type, fn, options) { return this.#room.emitter.on(type, /** @type {any} */ (fn), options); }

  /**
   * The same as a stream: `for await (const event of client.events('create'))`. Takes part from the call on, not from the first read, and leaves nothing
   * out: it holds 4,096 for a reader who is behind, then ends with `SubscriberTooSlowError`; one of `event`, `create`, `update` or `delete` ends with
   * `EventsMissedError` where a snapshot took the place of events. Ends with `disconnect`, with `ClosedError` where the server ended it, and with the
   * signal's reason.
   * @template {keyof ClientEvents | `broadcast:${string}`} T
   * @param {T} type as for `on`
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {AsyncIterableIterator<Told<T>>}
   */
  events(type, { signal } = {}) { return this.#room.streams.open(type, signal); }

  // ---- durable commands ------------------------------------------------------------------------------------------
  // All are visible in `store` at once, wait while there is no connection, and take effect at most once. Their promises
  // resolve when the command is durable and part of the confirmed state, and reject with RejectedError, QueueFullError,
  // ClosedError, or the signal's reason: aborting takes a command back if it was not sent yet, otherwise only the waiting ends.
  // While they wait, updates of one entity become one command, and a create and its delete none (their promises then resolve at the seq we stand
  // at, without `at`). What has become one takes effect, or is refused, for all of them, and is taken back when nobody waits for it any more.
  // A RejectedError, and what `disconnect` or `failed` took with it, need not be caught: `reject` and `failed` tell it as well.

  /** An id for a new entity; usable at once, also offline. Ids of one client sort in the order they were made. @param {string} kind */
  newId(kind) { return this.#room.ids.next(kind); }

  /**
   * Makes an entity.
   * @template {keyof App & string} K
   * @param {K} kind @param {App[K]} data
   * @param {{ id?: string, signal?: AbortSignal }} [options] id: `newId(kind)` by default
   * @returns {Promise<Ack>}
   */
  create(kind, data, { id = this.newId(kind), signal } = {}) {
    return this.#room.submit({ type: 'create', entity: id, kind, data: /** @type {any} */ (data) }, signal);
  }

  /**
   * Merges a patch (RFC 7396: null removes a field) into an entity's data.
   * @param {string} id @param {PatchOf<App>} patch
   * @param {{ ifVersion?: number, signal?: AbortSignal }} [options] ifVersion: else `RejectedError` `conflict` with `current`
   * @returns {Promise<Ack>}
   */
  update(id, patch, { ifVersion, signal } = {}) {
    return this.#room.submit({ type: 'update', entity: id, patch: /** @type {any} */ (patch), ifVersion }, signal);
  }

  /** Deletes an entity. @param {string} id @param {{ ifVersion?: number, signal?: AbortSignal }} [options] @returns {Promise<Ack>} */
  delete(id, { ifVersion, signal } = {}) { return this.#room.submit({ type: 'delete', entity: id, ifVersion }, signal); }

  /**
   * Adds to a counter; simultaneous ones all count.
   * @param {string} id @param {string} field @param {number} [by] a whole number @param {{ signal?: AbortSignal }} [options] @returns {Promise<Ack>}
   */
  increment(id, field, by = 1, { signal } = {}) { return this.#room.submit({ type: 'update', entity: id, increment: { [field]: by } }, signal); }

  /**
   * Several operations as one command: all take effect, at one seq, or none does.
   * @param {(ops: {
   *   create: <K extends keyof App & string>(kind: K, data: App[K], options?: { id?: string }) => string,
   *   update: (id: string, patch: PatchOf<App>, options?: { ifVersion?: number }) => void,
   *   delete: (id: string, options?: { ifVersion?: number }) => void,
   *   increment: (id: string, field: string, by?: number) => void }) => void} fn called at once; `create` returns the id. If it throws, so
   *   does `batch`, and nothing happens
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Ack>} without `id`
   */
  batch(fn, { signal } = {}) {
    /** @type {Op[]} */
    const ops = [];
    fn({
      create: (kind, data, { id = this.newId(kind) } = {}) => { ops.push({ type: 'create', entity: id, kind, data: /** @type {any} */ (data) }); return id; },
      update: (id, patch, { ifVersion } = {}) => { ops.push({ type: 'update', entity: id, patch: /** @type {any} */ (patch), ifVersion }); },
      delete: (id, { ifVersion } = {}) => { ops.push({ type: 'delete', entity: id, ifVersion }); },
      increment: (id, field, by = 1) => { ops.push({ type: 'update', entity: id, increment: { [field]: by } }); },
    });
    return this.#room.submit({ type: 'batch', ops }, signal);
  }

  /**
   * What is done while `fn` runs (not what it awaits) is one step for `undo`.
   * @template T @param {string} label told with `skipped` @param {() => T} fn called at once @returns {T}
   */
  group(label, fn) { return this.#room.steps.group(label, fn); }

  /** Is there something to take back? */
  get canUndo() { return this.#room.steps.canUndo; }
  /** Is there something taken back to make again? */
  get canRedo() { return this.#room.steps.canRedo; }

  /**
   * Takes our last change back, as a command of its own; a batch, or a group, is one change. The last 100 are kept, of this page. What somebody else has
   * deleted meanwhile cannot be taken back: it is skipped, and `skipped` tells.
   * @param {{ signal?: AbortSignal }} [options] @returns {Promise<Ack | undefined>} undefined: there was nothing
   */
  undo({ signal } = {}) { return this.#room.step('undo', signal); }

  /** Makes again what was taken back, unless we have changed something else since. @param {{ signal?: AbortSignal }} [options] @returns {Promise<Ack | undefined>} */
  redo({ signal } = {}) { return this.#room.step('redo', signal); }

  /**
   * Makes an entity what it was after the event of a seq, or at a time: a change of its own, which can be undone. What was not there then is deleted.
   * @param {string} id @param {number | Date} moment @param {AskOptions} [options]
   * @returns {Promise<Ack | undefined>} undefined: it is so already. Rejects as `at` and as commands do
   */
  async restore(id, moment, options = {}) {
    const past = await this.at(moment, options);
    const command = restoring(id, past.get(id), this.#room.replica.view(id));
    return command && this.#room.submit(command, options.signal);
  }

  /**
   * A shared text, to write in: a field that was made by `{ $text: '…' }` in `create` or `update`; also one that is not acknowledged yet.
   * @param {string} id @param {string} field @returns {SharedText} to be closed when it is not needed any more
   * @throws {RejectedError} `not_found`: there is no such entity here; `gone`: the field is no text
   */
  text(id, field) { return this.#room.texts.open(id, field); }

  /**
   * Tells that a field is being edited here: what others write to it meanwhile is a `conflict`.
   * @param {string} id @param {string} field @returns {() => void} it is not edited any more
   */
  editing(id, field) { return this.#room.replica.editing(id, field); }

  /**
   * Puts an entity into a list (its field `list`) beside another one of its kind, by an order key (its field `order`): one write to one entity.
   * @param {string} id @param {{ list: string, before?: string, after?: string }} place an id that is in the list; at its end without one
   * @param {{ signal?: AbortSignal }} [options] @returns {Promise<Ack>}
   */
  move(id, { list, before, after }, { signal } = {}) { return this.#room.submit(this.#room.move(id, list, { before, after }), signal); }

  // ---- ephemeral -------------------------------------------------------------------------------------------------

  /**
   * Tells the others something that is not stored. Never queued.
   * @param {string} topic @param {Json} data
   * @param {{ to?: string, key?: string }} [options] to: the public id of the only session to get it; key: of what it is the newest value, 1 to 64 of
   *   `[A-Za-z0-9._:-]`: a member that is behind may miss values, but gets the newest of each key
   * @returns {boolean} false: dropped, because there is no line or it is clogged
   */
  broadcast(topic, data, { to, key } = {}) { return this.#room.whisper({ type: 'broadcast', topic, key, data, to }); }

  // ---- asking ----------------------------------------------------------------------------------------------------
  // All reject with OfflineError at once while not connected, with TimeoutError (5 s by default), RejectedError, the
  // signal's reason, or QueueFullError when 1,000 are without an answer. With `key`, a newer call ends the older one with the same key (AbortError).

  /**
   * Looks into the state as the server has it now.
   * @param {{ kind?: string, where?: { [field: string]: Json }, match?: { [field: string]: string }, sort?: string, limit?: number,
   *   after?: ItemOf<App> | { entity: string, value?: Json } }} question limit: 1 to 500, 50 by default; after: the last item of the page before
   * @param {AskOptions} [options]
   * @returns {Promise<{ items: ItemOf<App>[], more: boolean, seq: number }>}
   */
  query({ kind, where, match, sort, limit, after }, options = {}) {
    return this.#room.ask('q', { type: 'query', kind, where, match, sort, limit, after: after && cursor(/** @type {any} */ (after), sort) }, options,
      ({ items, more, seq }) => ({ items: /** @type {any[]} */ (items.map(itemOf)), more, seq }));
  }

  /**
   * The same kept current, from what is here and our pending commands: no question goes to the server. Without a limit all items come.
   * @param {Question} question as of `query`; `after` is not heeded
   * @param {(items: ItemOf<App>[]) => void} fn called at once, and then, at most once a frame, when the answer is another
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {() => void} ends it
   */
  live(question, fn, { signal } = {}) {
    const end = live(/** @type {any} */ (this.store), this.#room.emitter, question, /** @type {any} */ (fn));
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    return end;
  }

  /**
   * Would the server take this command now? Advice only: somebody may be faster.
   * @param {Command} command as on the wire, without `project` and `n`
   * @param {AskOptions} [options]
   * @returns {Promise<Verdict>}
   */
  validate(command, options = {}) {
    return this.#room.ask('v', { type: 'validate', command }, options, ({ ok, code, message, errors }) => ({ ok, code, message, errors }));
  }

  /**
   * Events of the past, page by page: `for await (const event of client.history({ from: 1 }))`. What is no longer kept is not
   * among them: read forwards, the first that comes may be a later one than `from`, and `floor` tells why.
   * @param {HistoryQuery & AskOptions} [query]
   */
  history(query = {}) { return this.#room.history(query); }

  /**
   * The last event that changed an entity, or one of its fields: who, when and how. Undefined: none, or none that is still kept.
   * @param {string} entity @param {string} [field] @param {AskOptions} [options]
   */
  async lastChange(entity, field, options = {}) {
    for await (const event of this.history({ ...options, entity, field, limit: 1 })) return event;
    return undefined;
  }

  /**
   * The state as it was after the event of a seq, or at a time by the server's clock: `{seq, at, live, get(id), list(kind?), hash}`, read-only. A time
   * before the first event gives the empty state, a time to come the present. The state every 500 events is kept with the events after it, so that
   * moving about by seq costs a question in a while and 500 folds at most.
   * @param {number | Date} moment
   * @param {AskOptions} [options] key: of several calls with the same one the last wins, the others reject with AbortError
   * @returns {Promise<Past>}
   */
  at(moment, options = {}) { return this.#room.at(moment, options); }

  /**
   * Events of the past at the pace at which they happened: `for await (const event of client.replay({ from: 1, speed: 10 }))`. No time is lost by
   * who reads slowly: what is overdue comes at once.
   * @param {{ from: number, to?: number, speed?: number, signal?: AbortSignal }} options from, to: seqs, both inclusive; to: the present by default;
   *   speed: above 0, 1 is as it was, Infinity as fast as it can be read
   */
  replay({ from, to, speed = 1, signal }) {
    if (!(speed > 0)) throw new RangeError('The option `speed` is above 0.');
    return this.#room.replay({ from, to, speed, signal });
  }
}

/** Where the next page starts. @param {ItemOf<AnyKinds> | { entity: string, value?: Json }} after @param {string} [sort] */
function cursor(after, sort) {
  if ('entity' in after) return after;
  return { entity: after.id, value: sort && placeOf(after, sort.replace(/^-/, '')) };
}
