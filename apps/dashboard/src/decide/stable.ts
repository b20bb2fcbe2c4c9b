import { useCallback, useEffect, useRef } from 'react';

/** The same function as long as the component lives, which does what the newest one does. */
export function useStable<A extends unknown[], R>(newest: (...given: A) => R): (...given: A) => R {
  const latest = useRef(newest);
  useEffect(() => {
    latest.current = newest;
  });
  return useCallback((...given: A) => latest.current(...given), []);
}
