/** A value with subscribers. */
export interface Published<T> {
  readonly current: T;
  /** Sets the value, then calls each subscriber with it. */
  publish(value: T): void;
  subscribe(fn: (value: T) => void): () => void;
}

/** Makes a published value; `first` is its initial value. */
export function createPublished<T>(first: T): Published<T> {
  let current = first;
  const subscribers = new Set<(value: T) => void>();
  return {
    get current() {
      return current;
    },
    publish(value) {
      current = value;
      for (const fn of [...subscribers]) fn(value);
    },
    subscribe(fn) {
      subscribers.add(fn);
      return () => void subscribers.delete(fn);
    },
  };
}
