// @ts-check
/** @import { Entity } from './types.js' */
/** @import { Board } from './board.js' */
/** @import { Commands } from './commands.js' */
/** @import { Entry } from './menu.js' */
import { titleOf } from './board.js';

/**
 * Everything that dragging can do, as words: the equal of the pointer for keyboards and screen readers.
 * @param {Entity} card @param {Board} board @param {Commands} commands @returns {Entry[]}
 */
export function movesOf(card, board, commands) {
  const { list, cards, index } = board.whereIs(card);
  const [first, last] = [index === 0, index === cards.length - 1];
  const to = (/** @type {number} */ place) => () => commands.moveCard(card, list, place);
  return [
    { label: 'Move to top', act: to(0), off: first },
    { label: 'Move up', act: to(index - 1), off: first },
    { label: 'Move down', act: to(index + 1), off: last },
    { label: 'Move to bottom', act: to(cards.length - 1), off: last },
    null,
    ...board.lists.filter(one => one.id !== list).map(one =>
      ({ label: `Move to ${titleOf(one)}`, act: () => commands.moveCard(card, one.id, board.cards(one.id).length) })),
  ];
}

/** @param {Entity} list @param {Board} board @param {Commands} commands @returns {Entry[]} */
export function movesOfList(list, board, commands) {
  const index = board.lists.findIndex(one => one.id === list.id);
  return [
    { label: 'Move left', act: () => commands.moveList(list, index - 1), off: index === 0 },
    { label: 'Move right', act: () => commands.moveList(list, index + 1), off: index === board.lists.length - 1 },
  ];
}
