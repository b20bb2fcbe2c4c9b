import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from '../shell/controls.js';

/**
 * One thing of a list, above it. Who opened it by a link is led to it, also by the keyboard; who came by its
 * address stays at the top of the page.
 */
export function DetailPanel({
  title,
  what,
  onClose,
  children,
}: {
  readonly title: string;
  /** Completes "Close this …". */
  readonly what: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) return;
    place.current?.focus();
  }, []);
  return (
    <section ref={place} className="panel stack detail" aria-label={title} tabIndex={-1}>
      <div className="title">
        <h2>
          <bdi>{title}</bdi>
        </h2>
        <Button onPress={onClose}>Close this {what}</Button>
      </div>
      {children}
    </section>
  );
}
