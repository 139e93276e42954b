// @ts-check
import { need } from './dom.js';
import { recall, remember } from './local.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Light or dark as the system says, until the visitor says otherwise. */
export function theme() {
  const root = document.documentElement;
  const button = need('theme');
  const chosen = recall('theme');
  if (chosen === 'light' || chosen === 'dark') root.dataset.theme = chosen;
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;
  const show = () => button.setAttribute('aria-pressed', String(isDark()));
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    remember('theme', root.dataset.theme);
    show();
  });
  dark.addEventListener('change', show);
  show();
}
