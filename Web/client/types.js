// @ts-check
/**
 * The words of the wire and of the public surface, as types only: nothing here runs. `docs/wire.md` is the contract;
 * where a comment there and a type here differ, the page is right.
 *
 * @typedef {null | boolean | number | string | Json[] | JsonObject} Json
 * @typedef {{ [key: string]: Json }} JsonObject
 *
 * @typedef {object} WireEntity an entity as snapshots, queries and conflicts carry it
 * @property {string} entity
 * @property {string} kind
 * @property {number} version
 * @property {JsonObject} data
 *
 * @typedef {object} Item an entity as the page sees it; never write to it: the replica holds the same object
 * @property {string} id
 * @property {string} kind
 * @property {number} version seq of the last create or patch; 0 while the create is still pending
 * @property {JsonObject} data shared texts are strings here
 * @property {{ [field: string]: TextField }} [texts] which fields are shared texts; missing where none is
 *
 * @typedef {{ born: number }} TextField `born`: seq of the event that made the text; 0 while that is still pending
 * @typedef {{ retain?: number, insert?: string, delete?: number }} DeltaPart exactly one of them: units kept, put in, or taken away
 * @typedef {DeltaPart[]} Delta a change of a text in normal form (docs/wire.md)
 * @typedef {{ field: string, delta: Delta, base?: number, len?: number }} Edit of a command with `base`, the seq up to which its author had seen the
 *   journal; of an event with `len`, the units of the text afterwards
 *
 * @typedef {{ type: 'create', entity: string, kind: string, data: JsonObject, version?: number }} CreateOp
 * @typedef {{ type: 'update', entity: string, patch?: JsonObject, increment?: { [field: string]: number }, edit?: Edit,
 *   ifVersion?: number, version?: number }} UpdateOp
 * @typedef {{ type: 'delete', entity: string, ifVersion?: number }} DeleteOp
 * @typedef {CreateOp | UpdateOp | DeleteOp} Op one operation, of a command (no version yet) or of an event
 * @typedef {{ type: 'batch', ops: Op[] }} Batch
 * @typedef {Op | Batch} Command what a caller asks for; the client adds `project` and `n`
 *
 * @typedef {object} Stamp what the server adds when a command becomes an event
 * @property {string} project
 * @property {number} seq
 * @property {string} at RFC 3339, UTC, milliseconds
 * @property {string} by user name
 * @property {string} session public id of the author's session
 * @property {number} n
 *
 * @typedef {(Op | Batch) & Stamp} ProjectEvent
 *
 * @typedef {{ name: string }} User
 * @typedef {{ session: string, user: User, data: JsonObject }} Member another session that is present; `data.activity` is told where it is not `active`
 * @typedef {'active' | 'idle' | 'away'} Activity idle: no input for `idleAfter`; away: the page is hidden
 * @typedef {{ user: User, activity: Activity, sessions: Member[] }} PresentUser a user with all of its sessions, as active as the most active of them
 * @typedef {{ messageBytes: number, depth: number, objectKeys: number, messageKeys: number, inFlight: number, batchOps: number,
 *   queriesInFlight: number, queryItems: number, historyEvents: number, projects: number,
 *   textUnits: number }} Limits
 * @typedef {{ type: 'connected', connection: string, user: User, pingInterval: number, pingTimeout: number, limits: Limits,
 *   time: string }} Connected
 * @typedef {{ n: number, outcome: 'done' | 'coming' | 'unknown' }} Outcome
 * @typedef {{ type: 'joined', id: string, project: string, session: string, epoch: string, seq: number, floor: number,
 *   recovered: boolean, outcomes: Outcome[], role: string, members: Member[], memberCount: number }} Joined
 * @typedef {{ type: 'snapshot', id?: string, project: string, seq: number, part: number, parts: number,
 *   entities: WireEntity[], hash?: string }} SnapshotPart
 * @typedef {{ type: 'state', project: string, seq: number, hash: string }} StateMessage
 * @typedef {{ type: 'reject', project: string, n: number, code: string, detail?: string, message: string, retryable: boolean,
 *   retryAfterMs?: number, op?: number, errors?: { [field: string]: string[] }, current?: WireEntity }} Reject
 * @typedef {{ type: 'ack', project: string, n: number, seq: number, duplicate?: boolean }} AckMessage
 * @typedef {{ type: 'error', id?: string, code: string, detail?: string, message: string, retryable: boolean,
 *   retryAfterMs?: number }} ErrorMessage
 * @typedef {{ type: 'disconnect', code: string, reason: string, reconnect: boolean, retryAfterMs?: number }} Disconnect
 * @typedef {{ type: 'broadcast', project: string, topic: string, key?: string, data: Json, by: string, session: string }} Broadcast
 * @typedef {{ type: 'presence', project: string, members?: Member[], joined?: Member[], left?: string[],
 *   changed?: { session: string, data: JsonObject }[] }} PresenceMessage
 *
 * @typedef {object} Ack a durable command took effect
 * @property {number} seq its position; where only an upper bound is known (it was answered after a reconnect), that bound
 * @property {string} [at] the server's time, RFC 3339; missing where the event itself was not seen
 * @property {string} [id] the entity; missing for a batch
 *
 * @typedef {{ kind?: string, where?: { [field: string]: Json }, match?: { [field: string]: string }, sort?: string, limit?: number }} Question what `query`
 *   and `live` look for: all that is named must hold; `match` asks for a prefix, ignoring case, `*` is any field
 *
 * @typedef {{ from: number, to: number, hash: string, expected: string }} Divergence our state is not the server's: `from` is the last seq at
 *   which both were equal, `to` the one at which they are not; our hash, and theirs
 *
 * @typedef {object} Verdict answer of `validate`
 * @property {boolean} ok
 * @property {string} [code]
 * @property {string} [message]
 * @property {{ [field: string]: string[] }} [errors]
 *
 * @typedef {'idle' | 'connecting' | 'connected' | 'reconnecting' | 'disconnected'} State
 * @typedef {'synced' | 'syncing' | 'offline' | 'stuck'} Sync
 *
 * @typedef {object} StateChange `from` equals `to` when a further attempt was scheduled
 * @property {State} from
 * @property {State} to
 * @property {number} [code] the close code that caused it (1006: no close frame came; 4408: we gave up waiting)
 * @property {string} [word] the same as a word of docs/wire.md section 7; `lost`: no close frame came
 * @property {string} [reason]
 * @property {number} attempt attempts since the line last held, from 0
 * @property {number} [retryIn] ms until the next attempt; missing where it waits for the page to be seen
 *
 * @typedef {object} ReconnectInfo why a further attempt is needed, for the option `reconnect` as a function
 * @property {string} code a word of docs/wire.md section 7; `lost`: no close frame came
 * @property {string} reason for people
 * @property {boolean} backOff such an end says: not at once
 * @property {number} [retryAfterMs] how long the server asks us to stay away
 * @property {boolean} hidden nobody sees the page
 *
 * @typedef {object} Change ids whose view may have changed, gathered per animation frame
 * @property {string[]} ids
 * @property {'local' | 'remote' | 'rollback' | 'snapshot'} origin
 * @property {string} [by] the author, where all gathered events have the same one
 * @property {number} seq the position after the last of them
 *
 * @typedef {object} Conflict somebody else wrote to a field that we wrote to within 5 s, have under way, or are editing (`client.editing`); told
 *   once for each event and field. Both writes stand: the view shows what came last, ours while it is under way
 * @property {string} id
 * @property {string} field
 * @property {Json} [mine] what we saw there before; missing where there was nothing
 * @property {Json} [theirs] what they wrote; missing where they removed it
 * @property {string} by their name
 *
 * @typedef {object} TextChange what became of a shared text as it is seen
 * @property {string} id
 * @property {string} field
 * @property {Delta} delta over what was seen before
 * @property {'local' | 'remote' | 'undo' | 'refused' | 'snapshot'} origin undo: we took something back, or made it again
 * @property {string} [by] the author of a remote one
 * @property {number} seq the position after it
 *
 * @typedef {{ id: string, field: string, code: string, delta: Delta, text: string }} TextRefused what we wrote and could not stay; `text`: all of the
 *   text as it was seen with it, so that nobody has to write it again
 * @typedef {{ id: string, field: string, text: string }} TextGone the field is no text any more, or another one; what was last seen of it
 * @typedef {{ id: string, field: string, text: string, born: number, seq: number, epoch?: string }} KeptText what edits under way are
 *   about, and when it was so
 *
 * @typedef {Stamp & { own: boolean, id: string, kind?: string, version?: number }} OpStamp
 * @typedef {CreateOp & OpStamp} CreateEvent
 * @typedef {UpdateOp & OpStamp} UpdateEvent
 * @typedef {DeleteOp & OpStamp} DeleteEvent
 *
 * @typedef {object} ClientEvents what `on` can listen to, with what the listener gets
 * @property {StateChange} state
 * @property {Sync} sync
 * @property {undefined} lost not connected for `lostAfter` ms
 * @property {{ missed: number | undefined, mode: 'events' | 'snapshot' }} restored connected again after `lost`; `missed`
 *   counts events and is unknown when the journal is another one
 * @property {{ code: string, reason: string }} failed the server said not to come back, or does not let us in
 * @property {{ seq: number, count: number, reason: 'first' | 'behind' | 'epoch' }} snapshot
 * @property {Change} change
 * @property {ProjectEvent & { own: boolean }} event
 * @property {CreateEvent} create
 * @property {UpdateEvent} update
 * @property {DeleteEvent} delete
 * @property {TextChange} text a shared text is seen otherwise
 * @property {TextRefused} textRefused
 * @property {TextGone} textGone
 * @property {Broadcast} broadcast
 * @property {{ command: Command & { n?: number }, error: import('./errors.js').RejectedError, reverted: string[] }} reject no `n`: refused
 *   before it was sent; `reverted`: ids of entities that look otherwise now that it has left the view
 * @property {Conflict} conflict
 * @property {{ role: 'undo' | 'redo', label?: string, ids: string[] }} skipped entities that an undo or redo had to leave out: somebody else has
 *   deleted them, or made them again
 * @property {{ joined: Member[], left: string[], changed: Member[] }} presence also when the line breaks and all become stale: then all are `changed`
 * @property {{ count: number }} pending
 * @property {{ direction: 'in' | 'out', text: string, size: number }} frame `size` in bytes
 * @property {unknown} error
 *
 * @typedef {object} Kept what outlives a page: the session's secret and what waits
 * @property {string} session
 * @property {string} [epoch] of the journal we stood in
 * @property {number} seq where we stood
 * @property {number} c the next number
 * @property {{ n?: number, epoch?: string, since: number, body: Command, text?: number }[]} ops those with a number may have been sent; `text`: of an edit,
 *   which of the `texts` it is about
 * @property {KeptText[]} [texts]
 *
 * @typedef {object} Keep where it is kept
 * @property {(key: string, claims: (session: string) => Promise<boolean>) => Promise<Kept | undefined> | Kept | undefined} load gives what was
 *   saved under the key, if `claims` agrees: else another page has that session
 * @property {(key: string, kept: Kept) => Promise<void> | void} save resolves when it is written: only then what is in it is sent
 * @property {boolean} [durable] it outlives the tab, so the page need not ask before it is closed
 *
 * @typedef {object} Options of `EventOnlyClient`; durations in ms
 * @property {string} project the project to join
 * @property {User} [user] counts where the server allows anonymous access; name of 1 to 64 characters
 * @property {string} [token] what proves who we are, where the server asks for it
 * @property {() => string | null | undefined | Promise<string | null | undefined>} [getToken] gives one; asked where there is none, and where the server
 *   would not have the one we showed, not at every connection. If it throws, that is told through `error`, and tried again after a pause
 * @property {string} [session] this client's secret, 16 to 64 of `[A-Za-z0-9_-]`; random by default. Never show it to others
 * @property {JsonObject} [presence] what others see of us from the start; without it (and without `presence.set`) we are not listed
 * @property {number} [throttle] ms between two tellings of our presence, 16 to 1000, 50 by default
 * @property {number} [textGap] ms between two edits of one text on the line, 0 to 1000, 40 by default: what is typed meanwhile goes in one
 * @property {number} [idleAfter] ms without input until the others see us as `idle` (in a page), 60000; 0: neither that nor `away` is told
 * @property {boolean} [listen] false for a pure publisher: no events, no store, an answer for each command
 * @property {{ max?: number, maxBytes?: number, persist?: 'session' | 'none' | Keep }} [queue] `max` commands may be pending at once, 1000 by
 *   default, and `maxBytes` of them as JSON, 1048576: beyond either, `QueueFullError`. `persist`: where they outlive the page: `session`, the
 *   tab's own storage, by default where there is one and no option `session`; `none`; `indexedDbQueue()` of keep-idb.js, which outlives the tab; your own
 * @property {number} [window] commands that may be unanswered at once, 1 to 64, 64 by default
 * @property {number} [connectTimeout] until the server must have answered `join`, 1 to a day, 5000
 * @property {number} [pingGrace] silence allowed beyond the server's ping interval, up to a day, 10000
 * @property {number} [lostAfter] until `lost` is told, up to a day, 5000
 * @property {{ base?: number, factor?: number, cap?: number, hiddenCap?: number, minUptime?: number }
 *   | ((attempt: number, info: ReconnectInfo) => number | null)} [reconnect] the pauses between attempts, each at random below a bound. base: the first
 *   bound, 1 to a day, 250; factor: what each further one is larger by, 1 to 10, 2; cap: the largest, 100 to a day, 10000; hiddenCap: a page that nobody
 *   sees makes no attempts, or one in so many ms where others are to see that we are present, 1000 to Infinity (none), 60000; minUptime: a line that held
 *   for so long starts at `base` again, 5000. Or a function that gives the ms before an attempt, counted from 0 since a line last held (from 3
 *   after an end that says to back off), or null: no further attempt
 * @property {number} [highWater] bytes in the socket's buffer above which commands wait and broadcasts are dropped, 262144
 * @property {any} [WebSocket] constructor; needed where there is no global one (Node before 22)
 * @property {() => number} [now] wall clock, ms
 * @property {() => number} [random] in [0, 1)
 * @property {(fn: () => void, ms: number) => () => void} [schedule] a timer; returns how to cancel it
 * @property {(fn: () => void) => void} [onFrame] when gathered changes are told: next animation frame, or microtask
 * @property {boolean} [preventUnload] ask before leaving the page while commands are unsaved and we are not connected; true
 * @property {(level: 'debug' | 'info' | 'warn' | 'error', message: string, data?: unknown) => void} [log]
 */

/**
 * What a client's parameter says: for each kind, what is in the data of its entities. Without one: any kind, any data.
 * @typedef {{ [kind: string]: JsonObject }} AnyKinds
 */

/**
 * An entity of one of the kinds, or of this one.
 * @template App
 * @template {keyof App} [K=keyof App]
 * @typedef {{ [Kind in K & string]: { id: string, kind: Kind, version: number, data: App[Kind], texts?: { readonly [field: string]: { readonly born: number } } } }[K & string]} ItemOf
 */

/**
 * A merge patch over the data of one of the kinds: each field may be set or, by null, removed.
 * @template App
 * @typedef {string extends keyof App ? JsonObject : { [Kind in keyof App]: Patched<App[Kind]> }[keyof App]} PatchOf
 */

/**
 * @template T
 * @typedef {{ [Field in keyof T]?: (T[Field] extends Json[] | null | boolean | number | string | undefined ? T[Field] : Patched<T[Field]>) | null }} Patched
 */

export {};
