// @ts-check
/** The few things about the DOM that everything else here needs. User text goes in as text nodes only. */

/**
 * An element with attributes, listeners (functions, by the name of their event) and children. A string child is text, never markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [traits]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, traits = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (typeof value === 'function') node.addEventListener(name, /** @type {EventListener} */ (value));
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}

/** An icon from the sprite in index.html. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** The element that index.html promises under this id. @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function need(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`index.html has no #${id}`);
  return /** @type {T} */ (node);
}

/**
 * Writes text only where it differs: an equal write would still cost a layout, and a word from a screen reader.
 * @param {Node} node @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Puts `nodes` in this order at the start of `parent` and moves as few of them as it can. It removes nothing: a node that is no
 * longer wanted here is about to be moved elsewhere, or its owner removes it.
 * @param {Element} parent @param {Element[]} nodes
 */
export function arrange(parent, nodes) {
  const focused = document.activeElement;
  let cursor = parent.firstElementChild;
  for (const node of nodes) {
    if (cursor && cursor !== node && cursor.nextElementSibling === node) { // the usual change: one went further down
      place(parent, cursor, null);
      cursor = node;
    }
    if (cursor === node) cursor = node.nextElementSibling;
    else place(parent, node, cursor);
  }
  // Where moveBefore is missing, a moved node has lost the focus.
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused))
    focused.focus({ preventScroll: true });
}

/**
 * moveBefore keeps focus, selection and running animations.
 * @param {Element} parent @param {Element} node @param {Element | null} before
 */
function place(parent, node, before) {
  if ('moveBefore' in parent && node.isConnected && parent.isConnected)
    /** @type {(node: Node, before: Node | null) => void} */ (parent.moveBefore).call(parent, node, before);
  else parent.insertBefore(node, before);
}

/**
 * Calls `draw` once in the next frame, however often it is asked to. In a hidden page that frame comes when it is shown again.
 * @param {() => void} draw
 */
export function perFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  };
}

/**
 * Calls `act` after a pause in the calls; `now()` does it at once if one is waiting, `drop()` forgets it.
 * @param {() => void} act @param {number} pauseMs
 */
export function afterPause(act, pauseMs) {
  let timer = 0;
  const drop = () => { clearTimeout(timer); timer = 0; };
  return {
    ask() { drop(); timer = setTimeout(() => { timer = 0; act(); }, pauseMs); },
    now() { if (timer) { drop(); act(); } },
    drop,
  };
}
