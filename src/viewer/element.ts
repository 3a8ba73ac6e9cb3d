/**
 * The element with this id, as an instance of its class.
 *
 * @throws Error if page and script do not match.
 */
export function getElement<E extends HTMLElement>(id: string, elementClass: new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof elementClass) return element;
  throw new Error(`The page has no ${elementClass.name} with the id ${id}`);
}
