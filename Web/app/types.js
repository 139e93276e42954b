// @ts-check
/**
 * @import { Item, Member, Op, ProjectEvent } from '../client/types.js'
 * @import { EventOnlyClient } from '../client/eventonly.js'
 */

/** @typedef {EventOnlyClient} Client */

/**
 * An entity of ours. The kinds here: `list` {title, order}, `card` {title, list, order, votes, notes}, `message` {text, name, at};
 * a card's notes are shared text. Other programs may write anything, so readers never take a field or its type for granted.
 * @typedef {Omit<Item, 'data'> & { data: Record<string, any> }} Entity
 */

/**
 * Somebody else in the room; `data` is what that page says about itself: {name, card, editing, away}; `editing` is the field.
 * @typedef {Member & { data: Record<string, any> }} Other
 */

/** @typedef {ReturnType<Client['text']>} SharedText */

/** @typedef {Op} WireOp */

/** @typedef {ProjectEvent & { own: boolean }} Happened */

export {};
