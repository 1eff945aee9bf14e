// @ts-check
/* Making elements. Text goes in as text and nowhere as markup: there is no innerHTML in the player. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {{ class?: string, text?: string, attributes?: Record<string, string>, onClick?: () => void }} [is]
 * @param {(Node | null)[]} [children] null ones are left out
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, is = {}, children = []) {
  const made = document.createElement(tag);
  if (is.class !== undefined) made.className = is.class;
  if (is.text !== undefined) made.textContent = is.text;
  for (const [name, value] of Object.entries(is.attributes ?? {})) made.setAttribute(name, value);
  if (is.onClick !== undefined) made.addEventListener('click', is.onClick);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * The story's own words, which may run from right to left.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} text
 * @param {string} [className]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function words(tag, text, className = '') {
  return element(tag, { class: className, text, attributes: { dir: 'auto' } });
}

/** @param {string} label @param {string} className @param {() => void} onClick */
function button(label, className, onClick) {
  return element('button', { class: className, text: label, attributes: { type: 'button' }, onClick });
}

/**
 * The heading that the reader's attention, and a screen reader's, moves to.
 *
 * @param {string} text
 */
function mainHeading(text) {
  return element('h1', { text, attributes: { tabindex: '-1', dir: 'auto' } });
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

/** @param {number} count @param {string} one @param {string} many */
function counted(count, one, many) {
  return `${count} ${count === 1 ? one : many}`;
}
