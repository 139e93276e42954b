// @ts-check
/** @import { Options } from './types.js' */

const DAY = 86_400_000;

/** The least and the most of each option that is a number; `1` at the end where it must be a whole one. @type {{ [option: string]: [number, number, 1?] }} */
const BOUNDS = {
  window: [1, 64, 1],
  connectTimeout: [1, DAY],
  pingGrace: [0, DAY],
  lostAfter: [0, DAY],
  highWater: [0, 2 ** 30],
  throttle: [16, 1000],
  textGap: [0, 1000],
  'queue.max': [1, 100_000, 1],
  'queue.maxBytes': [1024, 2 ** 30, 1],
  'reconnect.base': [1, DAY],
  'reconnect.factor': [1, 10],
  'reconnect.cap': [100, DAY],
  'reconnect.hiddenCap': [1000, Infinity],
  'reconnect.minUptime': [0, DAY],
};
const FUNCTIONS = ['now', 'random', 'schedule', 'onFrame', 'log', 'getToken', 'WebSocket'];
const BOOLEANS = ['listen', 'preventUnload'];
const STRINGS = ['session', 'token'];

/**
 * Throws where an option cannot be: one that would only show itself later, when the line breaks or the queue is full.
 * @param {Options} options
 * @throws {TypeError | RangeError}
 */
export function checkOptions(options) {
  checkProject(options?.project);
  const all = /** @type {{ [option: string]: any }} */ (options);
  for (const [option, bounds] of Object.entries(BOUNDS)) {
    const [name, inner] = option.split('.');
    checkNumber(option, inner === undefined ? all[name] : all[name]?.[inner], bounds);
  }
  for (const option of FUNCTIONS) checkType(option, all[option], 'function');
  for (const option of BOOLEANS) checkType(option, all[option], 'boolean');
  for (const option of STRINGS) checkType(option, all[option], 'string');
  const { session, user } = options;
  if (session !== undefined && !/^[\w-]{16,64}$/.test(session)) throw new RangeError('The option `session` is 16 to 64 of A-Z, a-z, 0-9, _ and -.');
  if (user === undefined) return;
  checkType('user.name', user?.name ?? null, 'string');
  if (user.name.length < 1 || user.name.length > 64) throw new RangeError('The option `user.name` is 1 to 64 characters long.');
}

/** @param {unknown} project */
export function checkProject(project) {
  if (typeof project !== 'string') throw new TypeError('The option `project` is missing.');
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(project) || project.includes('..')) throw new RangeError(`\`${project}\` cannot be the name of a project.`);
}

/** @param {string} option @param {unknown} value @param {[number, number, 1?]} bounds */
function checkNumber(option, value, [least, most, whole]) {
  if (value === undefined) return;
  if (typeof value !== 'number' || Number.isNaN(value) || whole && !Number.isInteger(value)) {
    throw new TypeError(`The option \`${option}\` is a ${whole ? 'whole ' : ''}number.`);
  }
  if (value < least || value > most) throw new RangeError(`The option \`${option}\` is ${least} to ${most}.`);
}

/** @param {string} option @param {unknown} value @param {string} type */
function checkType(option, value, type) {
  if (value !== undefined && typeof value !== type) throw new TypeError(`The option \`${option}\` is a ${type}.`);
}
