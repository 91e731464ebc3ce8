// Draws a component again only when one of its props became another value. Lists are compared entry by entry.
import { type Attributes, Component, type ComponentChildren, type ComponentType, createElement } from "preact";

export function memo<P extends object>(draw: (props: P) => ComponentChildren): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      return !isSame(this.props, next);
    }
    override render() {
      return createElement(draw, this.props as P & Attributes);
    }
  };
}

function isSame(before: object, after: object): boolean {
  const a = Object.entries(before);
  if (a.length !== Object.keys(after).length) return false;
  return a.every(([name, value]) => isSameValue(value, (after as Record<string, unknown>)[name]));
}

function isSameValue(before: unknown, after: unknown): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return Object.is(before, after);
  return before.length === after.length && before.every((entry, index) => Object.is(entry, after[index]));
}
