/** @throws TypeError when there is none */
export function find<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`this page has no ${id}`);
  return element;
}

/** Returns the fragment of the URL. A new fragment in the same tab does not load the page again. */
export function readFragment(): URLSearchParams {
  addEventListener('hashchange', () => location.reload());
  return new URLSearchParams(location.hash.slice(1));
}

export function showSection(id: string): void {
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== id;
  const heading = find(id, HTMLElement).querySelector('h1');
  if (!heading) return;
  document.title = heading.textContent;
  if (heading.tabIndex === -1 && heading.hasAttribute('tabindex')) heading.focus();
}
