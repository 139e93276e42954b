// Made by ./run.sh generate from the scripts beside it: change those.

type Ack = {
    /**
     * its position; where only an upper bound is known (it was answered after a reconnect), that bound
     */
    seq: number;
    /**
     * the server's time, RFC 3339; missing where the event itself was not seen
     */
    at?: string;
    /**
     * the entity; missing for a batch
     */
    id?: string;
};

type Activity = 'active' | 'idle' | 'away';

type AnyKinds = {
    [kind: string]: JsonObject;
};

type AskOptions = {
    signal?: AbortSignal;
    timeout?: number;
    key?: string;
};

type Batch = {
    type: 'batch';
    ops: Op[];
};

type Broadcast = {
    type: 'broadcast';
    project: string;
    topic: string;
    key?: string;
    data: Json;
    by: string;
    session: string;
};

type Change = {
    ids: string[];
    origin: 'local' | 'remote' | 'rollback' | 'snapshot';
    /**
     * the author, where all gathered events have the same one
     */
    by?: string;
    /**
     * the position after the last of them
     */
    seq: number;
};

type ClientEvents = {
    state: StateChange;
    sync: Sync;
    /**
     * not connected for `lostAfter` ms
     */
    lost: undefined;
    /**
     * connected again after `lost`; `missed`
     * counts events and is unknown when the journal is another one
     */
    restored: {
        missed: number | undefined;
        mode: 'events' | 'snapshot';
    };
    /**
     * the server said not to come back, or does not let us in
     */
    failed: {
        code: string;
        reason: string;
    };
    snapshot: {
        seq: number;
        count: number;
        reason: 'first' | 'behind' | 'epoch';
    };
    change: Change;
    event: ProjectEvent & {
        own: boolean;
    };
    create: CreateEvent;
    update: UpdateEvent;
    delete: DeleteEvent;
    /**
     * a shared text is seen otherwise
     */
    text: TextChange;
    textRefused: TextRefused;
    textGone: TextGone;
    broadcast: Broadcast;
    /**
     * no `n`: refused
     * before it was sent; `reverted`: ids of entities that look otherwise now that it has left the view
     */
    reject: {
        command: Command & {
            n?: number;
        };
        error: RejectedError;
        reverted: string[];
    };
    conflict: Conflict;
    /**
     * entities that an undo or redo had to leave out: somebody else has
     * deleted them, or made them again
     */
    skipped: {
        role: 'undo' | 'redo';
        label?: string;
        ids: string[];
    };
    /**
     * also when the line breaks and all become stale: then all are `changed`
     */
    presence: {
        joined: Member[];
        left: string[];
        changed: Member[];
    };
    pending: {
        count: number;
    };
    /**
     * `size` in bytes
     */
    frame: {
        direction: 'in' | 'out';
        text: string;
        size: number;
    };
    error: unknown;
};

/** The client was disconnected for good. A command that was under way may or may not have taken effect. */
declare class ClosedError extends EventOnlyError {
    /** @param {string} code name of the close code: `normal` when we asked for it */
    constructor(code: string, message?: string);
}

type Command = Op | Batch;

type Conflict = {
    id: string;
    field: string;
    /**
     * what we saw there before; missing where there was nothing
     */
    mine?: Json;
    /**
     * what they wrote; missing where they removed it
     */
    theirs?: Json;
    /**
     * their name
     */
    by: string;
};

type Connected = {
    type: 'connected';
    connection: string;
    user: User;
    pingInterval: number;
    pingTimeout: number;
    limits: Limits;
    time: string;
};

type CreateEvent = CreateOp & OpStamp;

type CreateOp = {
    type: 'create';
    entity: string;
    kind: string;
    data: JsonObject;
    version?: number;
};

type DeleteEvent = DeleteOp & OpStamp;

type DeleteOp = {
    type: 'delete';
    entity: string;
    ifVersion?: number;
};

type Delta = DeltaPart[];

type DeltaPart = {
    retain?: number;
    insert?: string;
    delete?: number;
};

type Difference = {
    added: {
        item: Item;
        index: number;
    }[];
    /**
     * ids
     */
    removed: string[];
    /**
     * their place is another one among those that stay
     */
    moved: {
        item: Item;
        index: number;
    }[];
    /**
     * in the view before and after, and not the same
     */
    changed: Item[];
};

type Divergence = {
    from: number;
    to: number;
    hash: string;
    expected: string;
};

type Edit = {
    field: string;
    delta: Delta;
    base?: number;
    len?: number;
};

/**
 * Keeps a replica of a project in step with the server over a line that comes and goes, and sends what the user does.
 * One line for however many projects: the client is the first of them, `join` gives the others.
 *
 * ```js
 * const client = new EventOnlyClient('/ws', { project: 'demo', user: { name: 'Ann' } });
 * client.on('change', ({ ids }) => render(ids));
 * client.connect();
 * await client.ready();
 * await client.create('card', { title: 'Buy milk' });   // visible at once, resolves when it is durable
 * ```
 * @template [App=AnyKinds] the kinds there are, each with what is in the data of its entities
 * @extends {Project<App>}
 */
declare class EventOnlyClient<App = AnyKinds> extends Project<App> {
    #private;
    /**
     * Does nothing but remember; `connect` starts.
     * @param {string | URL} url ws:, wss:, http: or https:; a relative one belongs to the page's own server
     * @param {Options} options
     */
    constructor(url: string | URL, options: Options);
    /** Starts, and goes on trying for ever. Idempotent; after `disconnect` it resumes the same session. Never throws for network reasons. */
    connect(): void;
    /**
     * Ends for good; no wake-up revives it. Commands still pending reject with `ClosedError` and leave the view.
     * @param {{ flush?: number, code?: number }} [options] flush: ms to wait for pending commands first; code: 1000 or 3000 to 4999
     */
    disconnect({ flush, code }?: {
        flush?: number;
        code?: number;
    }): Promise<void>;
    /** For a button "Try now": closes the socket, if any, and tries at once, from any state. */
    reconnect(): void;
    /**
     * Another project on the same line, with a replica of its own; the same one again if it was joined already. From then on `connected` means that
     * it is here as well.
     * @template [Other=AnyKinds] the kinds there
     * @param {string} project
     * @param {{ presence?: JsonObject, listen?: boolean }} [options] as in `Options`
     * @returns {Project<Other>} await its `ready()`; where the server does not let us in, that rejects, and the others stay
     */
    join<Other = AnyKinds>(project: string, { presence, listen }?: {
        presence?: JsonObject;
        listen?: boolean;
    }): Project<Other>;
    /** `connected` means joined, and the first snapshot applied. */
    get state(): State;
    /** Who we are to the server; undefined before it said so. @returns {User | undefined} */
    get user(): User | undefined;
    /** Round trip in ms, smoothed; undefined before the first answer. */
    get rtt(): number | undefined;
    /** What to add to our clock to get the server's, in ms. */
    get clockOffset(): number;
    /** What the server said of itself: `connection`, `limits`, `pingInterval`, …; undefined before the first connection. */
    get serverInfo(): Connected | undefined;
}

/** Everything this client throws or rejects with, aborts (`signal.reason`) and plain misuse (`TypeError`) excepted. */
declare class EventOnlyError extends Error {
    code: string;
    retryable: boolean;
    /**
     * @param {string} code stable; compare this, never the message
     * @param {string} message for people
     * @param {boolean} [retryable] the same call may succeed later
     */
    constructor(code: string, message: string, retryable?: boolean);
}

/** A snapshot took the place of events, so that a stream of events has a hole and ends here. */
declare class EventsMissedError extends EventOnlyError {
    fromSeq: number;
    toSeq: number;
    /** @param {number} fromSeq the first event that was not seen @param {number} toSeq the last one */
    constructor(fromSeq: number, toSeq: number);
}

type HistoryQuery = {
    /**
     * a seq
     */
    from?: number;
    /**
     * a seq; the present by default
     */
    to?: number;
    /**
     * a seq
     */
    before?: number;
    /**
     * events at most; all by default
     */
    limit?: number;
    /**
     * only events that changed this entity
     */
    entity?: string;
    /**
     * of `entity`: only events that changed this field, made it or removed it; the entity's end among them
     */
    field?: string;
    /**
     * only events of the author of this name
     */
    by?: string;
};

type Item = {
    id: string;
    kind: string;
    /**
     * seq of the last create or patch; 0 while the create is still pending
     */
    version: number;
    /**
     * shared texts are strings here
     */
    data: JsonObject;
    /**
     * which fields are shared texts; missing where none is
     */
    texts?: {
        [field: string]: TextField;
    };
};

type ItemOf<App, K extends keyof App = keyof App> = {
    [Kind in K & string]: {
        id: string;
        kind: Kind;
        version: number;
        data: App[Kind];
        texts?: {
            readonly [field: string]: {
                readonly born: number;
            };
        };
    };
}[K & string];

type Json = null | boolean | number | string | Json[] | JsonObject;

type JsonObject = {
    [key: string]: Json;
};

type Keep = {
    /**
     * gives what was
     * saved under the key, if `claims` agrees: else another page has that session
     */
    load: (key: string, claims: (session: string) => Promise<boolean>) => Promise<Kept | undefined> | Kept | undefined;
    /**
     * resolves when it is written: only then what is in it is sent
     */
    save: (key: string, kept: Kept) => Promise<void> | void;
    /**
     * it outlives the tab, so the page need not ask before it is closed
     */
    durable?: boolean;
};

type Kept = {
    session: string;
    /**
     * of the journal we stood in
     */
    epoch?: string;
    /**
     * where we stood
     */
    seq: number;
    /**
     * the next number
     */
    c: number;
    /**
     * those with a number may have been sent; `text`: of an edit,
     * which of the `texts` it is about
     */
    ops: {
        n?: number;
        epoch?: string;
        since: number;
        body: Command;
        text?: number;
    }[];
    texts?: KeptText[];
};

type KeptText = {
    id: string;
    field: string;
    text: string;
    born: number;
    seq: number;
    epoch?: string;
};

type Limits = {
    messageBytes: number;
    depth: number;
    objectKeys: number;
    messageKeys: number;
    inFlight: number;
    batchOps: number;
    queriesInFlight: number;
    queryItems: number;
    historyEvents: number;
    projects: number;
    textUnits: number;
};

type Member = {
    session: string;
    user: User;
    data: JsonObject;
};

/** Asked for something that needs the line while there is none. Commands never get this: they wait. */
declare class OfflineError extends EventOnlyError {
    constructor(message?: string);
}

type Op = CreateOp | UpdateOp | DeleteOp;

type OpStamp = Stamp & {
    own: boolean;
    id: string;
    kind?: string;
    version?: number;
};

type Options = {
    /**
     * the project to join
     */
    project: string;
    /**
     * counts where the server allows anonymous access; name of 1 to 64 characters
     */
    user?: User;
    /**
     * what proves who we are, where the server asks for it
     */
    token?: string;
    /**
     * gives one; asked where there is none, and where the server
     * would not have the one we showed, not at every connection. If it throws, that is told through `error`, and tried again after a pause
     */
    getToken?: () => string | null | undefined | Promise<string | null | undefined>;
    /**
     * this client's secret, 16 to 64 of `[A-Za-z0-9_-]`; random by default. Never show it to others
     */
    session?: string;
    /**
     * what others see of us from the start; without it (and without `presence.set`) we are not listed
     */
    presence?: JsonObject;
    /**
     * ms between two tellings of our presence, 16 to 1000, 50 by default
     */
    throttle?: number;
    /**
     * ms between two edits of one text on the line, 0 to 1000, 40 by default: what is typed meanwhile goes in one
     */
    textGap?: number;
    /**
     * ms without input until the others see us as `idle` (in a page), 60000; 0: neither that nor `away` is told
     */
    idleAfter?: number;
    /**
     * false for a pure publisher: no events, no store, an answer for each command
     */
    listen?: boolean;
    /**
     * `max` commands may be pending at once, 1000 by
     * default, and `maxBytes` of them as JSON, 1048576: beyond either, `QueueFullError`. `persist`: where they outlive the page: `session`, the
     * tab's own storage, by default where there is one and no option `session`; `none`; `indexedDbQueue()` of keep-idb.js, which outlives the tab; your own
     */
    queue?: {
        max?: number;
        maxBytes?: number;
        persist?: 'session' | 'none' | Keep;
    };
    /**
     * commands that may be unanswered at once, 1 to 64, 64 by default
     */
    window?: number;
    /**
     * until the server must have answered `join`, 1 to a day, 5000
     */
    connectTimeout?: number;
    /**
     * silence allowed beyond the server's ping interval, up to a day, 10000
     */
    pingGrace?: number;
    /**
     * until `lost` is told, up to a day, 5000
     */
    lostAfter?: number;
    /**
     * the pauses between attempts, each at random below a bound. base: the first
     * bound, 1 to a day, 250; factor: what each further one is larger by, 1 to 10, 2; cap: the largest, 100 to a day, 10000; hiddenCap: a page that nobody
     * sees makes no attempts, or one in so many ms where others are to see that we are present, 1000 to Infinity (none), 60000; minUptime: a line that held
     * for so long starts at `base` again, 5000. Or a function that gives the ms before an attempt, counted from 0 since a line last held (from 3
     * after an end that says to back off), or null: no further attempt
     */
    reconnect?: {
        base?: number;
        factor?: number;
        cap?: number;
        hiddenCap?: number;
        minUptime?: number;
    } | ((attempt: number, info: ReconnectInfo) => number | null);
    /**
     * bytes in the socket's buffer above which commands wait and broadcasts are dropped, 262144
     */
    highWater?: number;
    /**
     * constructor; needed where there is no global one (Node before 22)
     */
    WebSocket?: any;
    /**
     * wall clock, ms
     */
    now?: () => number;
    /**
     * in [0, 1)
     */
    random?: () => number;
    /**
     * a timer; returns how to cancel it
     */
    schedule?: (fn: () => void, ms: number) => () => void;
    /**
     * when gathered changes are told: next animation frame, or microtask
     */
    onFrame?: (fn: () => void) => void;
    /**
     * ask before leaving the page while commands are unsaved and we are not connected; true
     */
    preventUnload?: boolean;
    log?: (level: 'debug' | 'info' | 'warn' | 'error', message: string, data?: unknown) => void;
};

/** The state of a project at a moment of its past, read-only. */
declare class Past {
    #private;
    /** The last event that is in it. */
    seq: number;
    /** When that happened, by the server's clock, RFC 3339; undefined before the first event, and where it is no longer kept. */
    at: string | undefined;
    /** How many events are newer: it grows while the past is looked at. */
    get live(): number;
    /** State hash, comparable with `stateHash` of a client at that seq. Costs a walk over all entities, once. */
    get hash(): string;
    /** An entity as it was. @param {string} id @returns {Item | undefined} */
    get(id: string): Item | undefined;
    /** All entities there were (of a kind), sorted by id. @param {string} [kind] @returns {Item[]} */
    list(kind?: string): Item[];
}

type PatchOf<App> = string extends keyof App ? JsonObject : {
    [Kind in keyof App]: Patched<App[Kind]>;
}[keyof App];

type Patched<T> = {
    [Field in keyof T]?: (T[Field] extends Json[] | null | boolean | number | string | undefined ? T[Field] : Patched<T[Field]>) | null;
};

/**
 * Who else is here, and what they see of us. Pure but for the timer that it is given.
 *
 * What we set is told at once, then at most once in `throttle` ms, the newest value only. While nobody else has been here since we joined, only the
 * first is told; the rest waits for somebody to come.
 */
declare class Presence {
    #private;
    /** What the others see of us, and a rejoin repeats; undefined: we are not to be seen. @type {JsonObject | undefined} */
    get own(): JsonObject | undefined;
    /** The other sessions that are present, as far as the server lists them (the first 200): `[{session, user, data}]`. */
    get others(): Member[];
    /**
     * The same by user: a person with three tabs is one, as active as the most active of them. In the order of their names.
     * @returns {PresentUser[]}
     */
    get users(): PresentUser[];
    /** Is `others` what it was when the line broke? To be shown greyed; after `lost` it is empty, after coming back it is true again. */
    get stale(): boolean;
    /**
     * Changes what the others see of us: a field that is null is removed, one that is not named stays. Kept while offline, and told after coming back.
     * @param {JsonObject} data all together at most 2,048 bytes as JSON
     * @throws {RejectedError} `too_large`
     */
    set(data: JsonObject): void;
}

type PresentUser = {
    user: User;
    activity: Activity;
    sessions: Member[];
};

/**
 * A project as its users have it: what is in it, who is there, and all that can be done. `EventOnlyClient` is its first one; `client.join` gives others.
 * @template [App=AnyKinds] the kinds there are, each with what is in the data of its entities
 */
declare class Project<App = AnyKinds> {
    #private;
    /** Reads: `get(id)`, `list(kind?)`, `confirmed(id)`, `isPending(id, field?)`, `size`, `view(kind?, {where, sort})`, `subscribe(idOrKind, fn)`. @type {Store<App>} */
    store: Store<App>;
    /** `set(data)` for what others see of us; `others` for them, `[{session, user, data}]`, `users` the same by user, `stale` while they may be gone. */
    presence: Presence;
    /** The project's name. */
    get project(): string;
    /** Position of the confirmed state. */
    get seq(): number;
    /** Which incarnation of the journal `seq` counts in; undefined before the first snapshot. */
    get epoch(): string | undefined;
    /**
     * The position up to which the server keeps no events any more, as it last told: with each join and each page of `history`, whose events begin
     * behind it, wherever they were to begin. Undefined before the first join.
     */
    get floor(): number | undefined;
    /** Our public id, as others see it; undefined before the first join. */
    get session(): string | undefined;
    /** Commands whose outcome is not known yet, sent or waiting. */
    get pending(): number;
    /** May we only read here? False before the first join. */
    get readonly(): boolean;
    /** Of the confirmed state, 16 hexadecimal digits: equal on all replicas at the same `seq`. */
    get stateHash(): string;
    /** How often our state was found to differ from the server's, and was replaced by a snapshot. Always 0, but for a fault; `error` tells each. */
    get divergences(): number;
    /**
     * For an indicator: `synced`; `syncing` while commands are pending or events are missing; `stuck` when one has been
     * pending for 8 s of a connected line; `offline`.
     * @returns {Sync}
     */
    get sync(): Sync;
    /**
     * Resolves when connected and all is here that was there when we joined; at once if that is so already.
     * @param {{ signal?: AbortSignal, timeout?: number }} [options] timeout in ms; none by default
     * @returns {Promise<void>} rejects with `ClosedError`, `TimeoutError` or the signal's reason
     */
    ready(options?: {
        signal?: AbortSignal;
        timeout?: number;
    }): Promise<void>;
    /**
     * Leaves a project that was joined by `client.join`; commands still pending reject with `ClosedError`. The client's first project is left by
     * `disconnect`: of that one this is an error.
     */
    leave(): void;
    /**
     * Listens. A listener that throws is reported through `error` and harms nobody else.
     * @template {keyof ClientEvents | `broadcast:${string}`} T
     * @param {T} type see `ClientEvents` in types.js; also `broadcast:<topic>`
     * @param {(value: Told<T, App>) => void} fn
     * @param {{ signal?: AbortSignal, once?: boolean }} [options]
     * @returns {() => void} stops listening
     */
    on<T extends keyof ClientEvents | `broadcast:${string}`>(type: T, fn: (value: Told<T, App>) => void, options?: {
        signal?: AbortSignal;
        once?: boolean;
    }): () => void;
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
    events<T extends keyof ClientEvents | `broadcast:${string}`>(type: T, { signal }?: {
        signal?: AbortSignal;
    }): AsyncIterableIterator<Told<T>>;
    /** An id for a new entity; usable at once, also offline. Ids of one client sort in the order they were made. @param {string} kind */
    newId(kind: string): string;
    /**
     * Makes an entity.
     * @template {keyof App & string} K
     * @param {K} kind @param {App[K]} data
     * @param {{ id?: string, signal?: AbortSignal }} [options] id: `newId(kind)` by default
     * @returns {Promise<Ack>}
     */
    create<K extends keyof App & string>(kind: K, data: App[K], { id, signal }?: {
        id?: string;
        signal?: AbortSignal;
    }): Promise<Ack>;
    /**
     * Merges a patch (RFC 7396: null removes a field) into an entity's data.
     * @param {string} id @param {PatchOf<App>} patch
     * @param {{ ifVersion?: number, signal?: AbortSignal }} [options] ifVersion: else `RejectedError` `conflict` with `current`
     * @returns {Promise<Ack>}
     */
    update(id: string, patch: PatchOf<App>, { ifVersion, signal }?: {
        ifVersion?: number;
        signal?: AbortSignal;
    }): Promise<Ack>;
    /** Deletes an entity. @param {string} id @param {{ ifVersion?: number, signal?: AbortSignal }} [options] @returns {Promise<Ack>} */
    delete(id: string, { ifVersion, signal }?: {
        ifVersion?: number;
        signal?: AbortSignal;
    }): Promise<Ack>;
    /**
     * Adds to a counter; simultaneous ones all count.
     * @param {string} id @param {string} field @param {number} [by] a whole number @param {{ signal?: AbortSignal }} [options] @returns {Promise<Ack>}
     */
    increment(id: string, field: string, by?: number, { signal }?: {
        signal?: AbortSignal;
    }): Promise<Ack>;
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
    batch(fn: (ops: {
        create: <K extends keyof App & string>(kind: K, data: App[K], options?: {
            id?: string;
        }) => string;
        update: (id: string, patch: PatchOf<App>, options?: {
            ifVersion?: number;
        }) => void;
        delete: (id: string, options?: {
            ifVersion?: number;
        }) => void;
        increment: (id: string, field: string, by?: number) => void;
    }) => void, { signal }?: {
        signal?: AbortSignal;
    }): Promise<Ack>;
    /**
     * What is done while `fn` runs (not what it awaits) is one step for `undo`.
     * @template T @param {string} label told with `skipped` @param {() => T} fn called at once @returns {T}
     */
    group<T>(label: string, fn: () => T): T;
    /** Is there something to take back? */
    get canUndo(): boolean;
    /** Is there something taken back to make again? */
    get canRedo(): boolean;
    /**
     * Takes our last change back, as a command of its own; a batch, or a group, is one change. The last 100 are kept, of this page. What somebody else has
     * deleted meanwhile cannot be taken back: it is skipped, and `skipped` tells.
     * @param {{ signal?: AbortSignal }} [options] @returns {Promise<Ack | undefined>} undefined: there was nothing
     */
    undo({ signal }?: {
        signal?: AbortSignal;
    }): Promise<Ack | undefined>;
    /** Makes again what was taken back, unless we have changed something else since. @param {{ signal?: AbortSignal }} [options] @returns {Promise<Ack | undefined>} */
    redo({ signal }?: {
        signal?: AbortSignal;
    }): Promise<Ack | undefined>;
    /**
     * Makes an entity what it was after the event of a seq, or at a time: a change of its own, which can be undone. What was not there then is deleted.
     * @param {string} id @param {number | Date} moment @param {AskOptions} [options]
     * @returns {Promise<Ack | undefined>} undefined: it is so already. Rejects as `at` and as commands do
     */
    restore(id: string, moment: number | Date, options?: AskOptions): Promise<Ack | undefined>;
    /**
     * A shared text, to write in: a field that was made by `{ $text: '…' }` in `create` or `update`; also one that is not acknowledged yet.
     * @param {string} id @param {string} field @returns {SharedText} to be closed when it is not needed any more
     * @throws {RejectedError} `not_found`: there is no such entity here; `gone`: the field is no text
     */
    text(id: string, field: string): SharedText;
    /**
     * Tells that a field is being edited here: what others write to it meanwhile is a `conflict`.
     * @param {string} id @param {string} field @returns {() => void} it is not edited any more
     */
    editing(id: string, field: string): () => void;
    /**
     * Puts an entity into a list (its field `list`) beside another one of its kind, by an order key (its field `order`): one write to one entity.
     * @param {string} id @param {{ list: string, before?: string, after?: string }} place an id that is in the list; at its end without one
     * @param {{ signal?: AbortSignal }} [options] @returns {Promise<Ack>}
     */
    move(id: string, { list, before, after }: {
        list: string;
        before?: string;
        after?: string;
    }, { signal }?: {
        signal?: AbortSignal;
    }): Promise<Ack>;
    /**
     * Tells the others something that is not stored. Never queued.
     * @param {string} topic @param {Json} data
     * @param {{ to?: string, key?: string }} [options] to: the public id of the only session to get it; key: of what it is the newest value, 1 to 64 of
     *   `[A-Za-z0-9._:-]`: a member that is behind may miss values, but gets the newest of each key
     * @returns {boolean} false: dropped, because there is no line or it is clogged
     */
    broadcast(topic: string, data: Json, { to, key }?: {
        to?: string;
        key?: string;
    }): boolean;
    /**
     * Looks into the state as the server has it now.
     * @param {{ kind?: string, where?: { [field: string]: Json }, match?: { [field: string]: string }, sort?: string, limit?: number,
     *   after?: ItemOf<App> | { entity: string, value?: Json } }} question limit: 1 to 500, 50 by default; after: the last item of the page before
     * @param {AskOptions} [options]
     * @returns {Promise<{ items: ItemOf<App>[], more: boolean, seq: number }>}
     */
    query({ kind, where, match, sort, limit, after }: {
        kind?: string;
        where?: {
            [field: string]: Json;
        };
        match?: {
            [field: string]: string;
        };
        sort?: string;
        limit?: number;
        after?: ItemOf<App> | {
            entity: string;
            value?: Json;
        };
    }, options?: AskOptions): Promise<{
        items: ItemOf<App>[];
        more: boolean;
        seq: number;
    }>;
    /**
     * The same kept current, from what is here and our pending commands: no question goes to the server. Without a limit all items come.
     * @param {Question} question as of `query`; `after` is not heeded
     * @param {(items: ItemOf<App>[]) => void} fn called at once, and then, at most once a frame, when the answer is another
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {() => void} ends it
     */
    live(question: Question, fn: (items: ItemOf<App>[]) => void, { signal }?: {
        signal?: AbortSignal;
    }): () => void;
    /**
     * Would the server take this command now? Advice only: somebody may be faster.
     * @param {Command} command as on the wire, without `project` and `n`
     * @param {AskOptions} [options]
     * @returns {Promise<Verdict>}
     */
    validate(command: Command, options?: AskOptions): Promise<Verdict>;
    /**
     * Events of the past, page by page: `for await (const event of client.history({ from: 1 }))`. What is no longer kept is not
     * among them: read forwards, the first that comes may be a later one than `from`, and `floor` tells why.
     * @param {HistoryQuery & AskOptions} [query]
     */
    history(query?: HistoryQuery & AskOptions): AsyncGenerator<ProjectEvent, void, void>;
    /**
     * The last event that changed an entity, or one of its fields: who, when and how. Undefined: none, or none that is still kept.
     * @param {string} entity @param {string} [field] @param {AskOptions} [options]
     */
    lastChange(entity: string, field?: string, options?: AskOptions): Promise<ProjectEvent | undefined>;
    /**
     * The state as it was after the event of a seq, or at a time by the server's clock: `{seq, at, live, get(id), list(kind?), hash}`, read-only. A time
     * before the first event gives the empty state, a time to come the present. The state every 500 events is kept with the events after it, so that
     * moving about by seq costs a question in a while and 500 folds at most.
     * @param {number | Date} moment
     * @param {AskOptions} [options] key: of several calls with the same one the last wins, the others reject with AbortError
     * @returns {Promise<Past>}
     */
    at(moment: number | Date, options?: AskOptions): Promise<Past>;
    /**
     * Events of the past at the pace at which they happened: `for await (const event of client.replay({ from: 1, speed: 10 }))`. No time is lost by
     * who reads slowly: what is overdue comes at once.
     * @param {{ from: number, to?: number, speed?: number, signal?: AbortSignal }} options from, to: seqs, both inclusive; to: the present by default;
     *   speed: above 0, 1 is as it was, Infinity as fast as it can be read
     */
    replay({ from, to, speed, signal }: {
        from: number;
        to?: number;
        speed?: number;
        signal?: AbortSignal;
    }): AsyncGenerator<ProjectEvent, void, void>;
}

type ProjectEvent = (Op | Batch) & Stamp;

/** The server said something it should not; the client has mended itself. Reported through `error`, never thrown. */
declare class ProtocolError extends EventOnlyError {
    /** On `hash_mismatch` of the state itself: where it differs from the server's, and how. */
    divergence: Divergence | undefined;
    /** @param {'bad_frame' | 'gap' | 'bad_snapshot' | 'hash_mismatch' | 'text_mismatch'} code @param {string} message @param {Divergence} [divergence] */
    constructor(code: 'bad_frame' | 'gap' | 'bad_snapshot' | 'hash_mismatch' | 'text_mismatch', message: string, divergence?: Divergence);
}

type Question = {
    kind?: string;
    where?: {
        [field: string]: Json;
    };
    match?: {
        [field: string]: string;
    };
    sort?: string;
    limit?: number;
};

/**
 * More commands are waiting than `queue.max`, or they have more bytes than `queue.maxBytes`, and this one was not applied, not even locally; or
 * 1,000 questions are, and this one was not asked.
 */
declare class QueueFullError extends EventOnlyError {
    /** @param {number} max @param {'bytes' | ''} [unit] */
    constructor(max: number, unit?: 'bytes' | '');
}

type ReconnectInfo = {
    /**
     * a word of docs/wire.md section 7; `lost`: no close frame came
     */
    code: string;
    /**
     * for people
     */
    reason: string;
    /**
     * such an end says: not at once
     */
    backOff: boolean;
    /**
     * how long the server asks us to stay away
     */
    retryAfterMs?: number;
    /**
     * nobody sees the page
     */
    hidden: boolean;
};

type Reject = {
    type: 'reject';
    project: string;
    n: number;
    code: string;
    detail?: string;
    message: string;
    retryable: boolean;
    retryAfterMs?: number;
    op?: number;
    errors?: {
        [field: string]: string[];
    };
    current?: WireEntity;
};

/** The server refused a command or a request. `code` is one of `codes.js`. */
declare class RejectedError extends EventOnlyError {
    /** Narrows `invalid`: `bad_json`, `bad_event`, `too_deep`. */
    detail: string | undefined;
    /** Complaints per field, for forms. */
    errors: {
        [field: string]: string[];
    } | undefined;
    /** Index of the refused operation of a batch. */
    op: number | undefined;
    /** How long to wait before trying again, in ms. */
    retryAfterMs: number | undefined;
    /** On `conflict`: the entity as it is now; undefined where the server left it out because it is large. @type {Item | undefined} */
    current: Item | undefined;
    /** @param {Pick<Reject, 'code' | 'message'> & Partial<Omit<Reject, 'type'>>} refusal a `reject` or an `error` */
    constructor(refusal: Pick<Reject, 'code' | 'message'> & Partial<Omit<Reject, 'type'>>);
}

type Selection = {
    where?: ((item: Item) => boolean) | {
        [field: string]: Json;
    };
    sort?: string | ((a: Item, b: Item) => number);
};

/**
 * A text that several write in at once: made by `client.text`. What is edited is in `value` at once and goes when it may; what others write arrives
 * around it. It is one life of the field: where that is deleted, or given another value, it is `gone`.
 */
declare class SharedText {
    #private;
    /** The entity it is in. */
    get id(): string;
    /** The field it is in. */
    get field(): string;
    /** The text as it is seen here, with what is still under way; after `gone`, what it was last. */
    get value(): string;
    /** UTF-16 units of `value`. */
    get length(): number;
    /** The most units the server takes; Infinity before it has said so. */
    get unitsMax(): number;
    /** Is something of ours not acknowledged yet? */
    get pending(): boolean;
    /** Is there no such text any more? */
    get gone(): boolean;
    /** May it not be edited here: is it gone, or may we only read? */
    get readonly(): boolean;
    /** Is there something of ours to take back? */
    get canUndo(): boolean;
    /** Is there something taken back to make again? */
    get canRedo(): boolean;
    /** Puts something in. @param {number} at @param {string} inserted @returns {Promise<Ack | undefined>} as of `edit` */
    insert(at: number, inserted: string): Promise<Ack | undefined>;
    /** Takes units away. @param {number} at @param {number} removed @returns {Promise<Ack | undefined>} as of `edit` */
    delete(at: number, removed: number): Promise<Ack | undefined>;
    /** Puts something in the place of something else. @param {number} at @param {number} removed units @param {string} inserted @returns {Promise<Ack | undefined>} as of `edit` */
    replace(at: number, removed: number, inserted: string): Promise<Ack | undefined>;
    /**
     * Changes the text as it is seen: at once here, and for all when it is acknowledged.
     * @param {Delta} delta in normal form @returns {Promise<Ack | undefined>} rejects as commands do; it need not be caught, for `refused` tells as well
     * @throws {RangeError | RejectedError} a delta that cannot be, or a text that is gone; `QueueFullError`
     */
    edit(delta: Delta): Promise<Ack | undefined>;
    /** Takes our last step back: what was typed without a pause is one. Others' words stay. @returns {Promise<Ack | undefined>} undefined: there was nothing */
    undo(): Promise<Ack | undefined>;
    /** Makes again what was taken back, unless we have written something else since. @returns {Promise<Ack | undefined>} */
    redo(): Promise<Ack | undefined>;
    /**
     * Listens: `change` with `{delta, origin, by, seq}` for all that changes `value`, ours as well; `refused` with `{code, delta, text}` for what we wrote
     * and could not stay; `gone` with the last `{text}`.
     * @template {keyof TextEvents} T @param {T} type @param {(value: TextEvents[T]) => void} fn @param {{ signal?: AbortSignal, once?: boolean }} [options]
     * @returns {() => void} stops listening
     */
    on<T extends keyof TextEvents>(type: T, fn: (value: TextEvents[T]) => void, options?: {
        signal?: AbortSignal;
        once?: boolean;
    }): () => void;
    /** What a caret of ours in `value` refers to, as others see it: the seq, and the edit that is under way; undefined while more than one is. */
    get mark(): {
        seq: number;
        n: number;
    } | undefined;
    /** Where a place of the confirmed text is in `value`. @param {number} position @param {number} assoc as of carets: above zero it goes behind what is put in there */
    place(position: number, assoc: number): number;
    /** It is not needed any more: with the last one of a text what could be undone is forgotten. */
    close(): void;
}

type Stamp = {
    project: string;
    seq: number;
    /**
     * RFC 3339, UTC, milliseconds
     */
    at: string;
    /**
     * user name
     */
    by: string;
    /**
     * public id of the author's session
     */
    session: string;
    n: number;
};

type State = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'disconnected';

type StateChange = {
    from: State;
    to: State;
    /**
     * the close code that caused it (1006: no close frame came; 4408: we gave up waiting)
     */
    code?: number;
    /**
     * the same as a word of docs/wire.md section 7; `lost`: no close frame came
     */
    word?: string;
    reason?: string;
    /**
     * attempts since the line last held, from 0
     */
    attempt: number;
    /**
     * ms until the next attempt; missing where it waits for the page to be seen
     */
    retryIn?: number;
};

/**
 * Reads the replica. What it returns never changes: compare by identity, do not write to it.
 * @template [App=AnyKinds] the kinds there are
 */
declare class Store<App = AnyKinds> {
    #private;
    /** An entity with our pending commands applied. @param {string} id @returns {ItemOf<App> | undefined} */
    get(id: string): ItemOf<App> | undefined;
    /**
     * All entities (of a kind), sorted by id. Costs a walk over all of them: call it per frame, not per item.
     * @template {keyof App & string} [K=keyof App & string]
     * @param {K} [kind]
     * @returns {ItemOf<App, K>[]}
     */
    list<K extends keyof App & string = keyof App & string>(kind?: K): ItemOf<App, K>[];
    /** An entity as the server has confirmed it. @param {string} id @returns {ItemOf<App> | undefined} */
    confirmed(id: string): ItemOf<App> | undefined;
    /** Is a command of ours under way on this entity (on this field)? @param {string} id @param {string} [field] */
    isPending(id: string, field?: string): boolean;
    /**
     * Some entities of a kind, in an order, kept up to date; `subscribe` of it tells what was added, removed, moved and changed.
     * @param {string} [kind] @param {Selection} [selection] @returns {View} close it when it is not needed any more
     */
    view(kind?: string, selection?: Selection): View;
    /**
     * Tells changes of one entity, or of a kind: once a frame for each origin, with the ids that are meant.
     * @param {string} idOrKind @param {(change: Change) => void} fn @returns {() => void} stops telling
     */
    subscribe(idOrKind: string, fn: (change: Change) => void): () => void;
    /** How many entities `list()` would return. */
    get size(): number;
}

/** A stream's reader was so slow that an event found no room, and the stream ends here. Read on with `history`. */
declare class SubscriberTooSlowError extends EventOnlyError {
    lastSeq: number;
    /** @param {number} lastSeq where the client stood: what came then, and later, was not put into the stream */
    constructor(lastSeq: number);
}

type Sync = 'synced' | 'syncing' | 'offline' | 'stuck';

type TextChange = {
    id: string;
    field: string;
    /**
     * over what was seen before
     */
    delta: Delta;
    /**
     * undo: we took something back, or made it again
     */
    origin: 'local' | 'remote' | 'undo' | 'refused' | 'snapshot';
    /**
     * the author of a remote one
     */
    by?: string;
    /**
     * the position after it
     */
    seq: number;
};

type TextEvents = {
    change: TextChange;
    refused: TextRefused;
    gone: TextGone;
};

type TextField = {
    born: number;
};

type TextGone = {
    id: string;
    field: string;
    text: string;
};

type TextRefused = {
    id: string;
    field: string;
    code: string;
    delta: Delta;
    text: string;
};

/** No answer in time. */
declare class TimeoutError extends EventOnlyError {
    constructor(/** @type {number} */ ms: number);
}

type Told<T extends string, App = AnyKinds> = T extends 'create' ? Omit<ClientEvents['create'], 'kind' | 'data' | 'id'> & Pick<ItemOf<App>, 'kind' | 'data' | 'id'> : T extends keyof ClientEvents ? ClientEvents[T] : Broadcast;

type UpdateEvent = UpdateOp & OpStamp;

type UpdateOp = {
    type: 'update';
    entity: string;
    patch?: JsonObject;
    increment?: {
        [field: string]: number;
    };
    edit?: Edit;
    ifVersion?: number;
    version?: number;
};

type User = {
    name: string;
};

type Verdict = {
    ok: boolean;
    code?: string;
    message?: string;
    errors?: {
        [field: string]: string[];
    };
};

/** Some entities of a kind, in an order, kept up to date by what changes: an item costs its place, not a walk over all. */
declare class View {
    #private;
    /**
     * Made by `store.view`.
     * @param {string | undefined} kind @param {Selection} selection @param {Item[]} items of the kind @param {(view: View) => () => void} open
     */
    constructor(kind: string | undefined, { where, sort }: Selection, items: Item[], open: (view: View) => () => void);
    /** In order; another array after each difference. */
    get items(): readonly Item[];
    /** Tells each difference from now on. @param {(difference: Difference) => void} fn @returns {() => void} stops telling */
    subscribe(fn: (difference: Difference) => void): () => void;
    /** It is not kept up to date any more. */
    close(): void;
    /** Called by the store. @param {Change} change @param {(id: string) => Item | undefined} get */
    update({ ids }: Change, get: (id: string) => Item | undefined): void;
}

type WireEntity = {
    entity: string;
    kind: string;
    version: number;
    data: JsonObject;
};

export { Ack, Activity, AnyKinds, AskOptions, Batch, Broadcast, Change, ClientEvents, ClosedError, Command, Conflict, Connected, CreateEvent, CreateOp, DeleteEvent, DeleteOp, Delta, DeltaPart, Difference, Divergence, Edit, EventOnlyClient, EventOnlyError, EventsMissedError, HistoryQuery, Item, ItemOf, Json, JsonObject, Keep, Kept, KeptText, Limits, Member, OfflineError, Op, OpStamp, Options, Past, PatchOf, Patched, Presence, PresentUser, Project, ProjectEvent, ProtocolError, Question, QueueFullError, ReconnectInfo, Reject, RejectedError, Selection, SharedText, Stamp, State, StateChange, Store, SubscriberTooSlowError, Sync, TextChange, TextEvents, TextField, TextGone, TextRefused, TimeoutError, Told, UpdateEvent, UpdateOp, User, Verdict, View, WireEntity };
