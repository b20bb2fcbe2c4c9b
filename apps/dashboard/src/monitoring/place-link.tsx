import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import type { Place } from './question.js';

/** A link to another place on the page, which can be opened beside this one, kept and sent. */
export function PlaceLink({
  to,
  isShown = false,
  children,
}: {
  /** What is not named stays as it is. */
  readonly to: Place;
  /** Whether it is what is shown now. */
  readonly isShown?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <Link
      to="/monitoring"
      search={(before: Record<string, unknown>) => ({ ...before, ...to })}
      // Only what is named here is what a link is to: all of these have the same path.
      activeOptions={{ exact: true, explicitUndefined: true }}
      aria-current={isShown ? 'page' : undefined}
    >
      {children}
    </Link>
  );
}
