// What is looked at: a position that is pinned by a click, or the one under the pointer or the keyboard's focus.

import { useMemo, useState } from "preact/hooks";

export interface Focus {
  at: number | null; // the position that is lit: the one pointed at, or else the pinned one
  key: number | null; // the key that is pointed at, in `head`
  head: number | null;
  pinned: number | null;
  over: (at: number, key?: number | null, head?: number | null) => void;
  leave: () => void;
  pin: (at: number | null) => void;
}

export function useFocus(pinned: number | null, setPinned: (at: number | null) => void): Focus {
  const [over, setOver] = useState<{ at: number; key: number | null; head: number | null } | null>(null);
  return useMemo(
    () => ({
      at: over ? over.at : pinned,
      key: over?.key ?? null,
      head: over?.head ?? null,
      pinned,
      over: (at, key = null, head = null) =>
        setOver((old) => (old && old.at === at && old.key === key && old.head === head ? old : { at, key, head })),
      leave: () => setOver(null),
      pin: (at) => setPinned(at === pinned ? null : at),
    }),
    [over, pinned, setPinned],
  );
}
