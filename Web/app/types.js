// @ts-check
/** @import { EventOnlyClient } from '../client/eventonly.js' */

/** @typedef {EventOnlyClient} Client */

/**
 * What the store and the queries hand out. Kinds here: `list` {title, order}, `card` {title, list, order, votes, description},
 * `message` {text, name, at}. Others may write anything, so readers never assume that a field is there.
 * @typedef {{ id: string, kind: string, version: number, data: Record<string, any> }} Entity
 */

/** Somebody else in the room. `data` is what that page says about itself: {name, card, editing}.
 * @typedef {{ session: string, user: { name: string }, data: Record<string, any> }} Other */

/** A durable event as it came over the wire. A batch carries its operations in `ops`.
 * @typedef {{ type: string, seq: number, at: string, by: string, session: string, entity?: string, kind?: string,
 *   data?: Record<string, any>, patch?: Record<string, any>, increment?: Record<string, number>, ops?: WireOp[] }} WireEvent */

/** @typedef {Pick<WireEvent, 'type' | 'entity' | 'kind' | 'data' | 'patch' | 'increment'>} WireOp */

export {};
