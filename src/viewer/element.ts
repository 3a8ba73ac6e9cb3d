/**
 * The element of that id, as the class it has to be.
 *
 * @throws Error when the page and the script do not fit together.
 */
export function getElement<E extends HTMLElement>(id: string, elementClass: new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof elementClass) return element;
  throw new Error(`The page has no ${elementClass.name} with the id ${id}`);
}
