/** Pointers on a map: one held down drags it, two fingers or a wheel stretch it, and a press that stays still is a click. */
import { useEffect, useRef, type PointerEvent, type RefObject } from "react";
import type { Fingers, Place } from "./atlasView";

/** Pointer travel that still counts as a click, in pixels. */
const STILL = 4;

type Gestures = {
  placeOf: (event: { clientX: number; clientY: number }) => Place;
  onDrag: (dx: number, dy: number) => void;
  onPinch: (before: Fingers, after: Fingers) => void;
  onWheel: (factor: number, at: Place) => void;
};

export function useMapPointers(map: RefObject<HTMLElement | null>, gestures: Gestures) {
  const held = useRef(new Map<number, Place>());
  const travel = useRef(0);
  // Both listeners keep the browser from scrolling, for which React's are too late.
  useEffect(() => {
    const element = map.current;
    // Two fingers are the map's, whatever the browser would make of them.
    const claim = (event: TouchEvent): void => {
      if (event.touches.length > 1) event.preventDefault();
    };
    // A wheel scrolls the page, unless the map has the focus or the wheel is a pinch on a touchpad.
    const turn = (event: WheelEvent): void => {
      if (!event.ctrlKey && document.activeElement !== element) return;
      event.preventDefault();
      gestures.onWheel(Math.exp(-event.deltaY / 300), gestures.placeOf(event));
    };
    element?.addEventListener("touchmove", claim, { passive: false });
    element?.addEventListener("wheel", turn, { passive: false });
    return () => {
      element?.removeEventListener("touchmove", claim);
      element?.removeEventListener("wheel", turn);
    };
  });
  const { placeOf, onDrag, onPinch } = gestures;
  return {
    begin: (event: PointerEvent): void => {
      travel.current = held.current.size === 0 ? 0 : Infinity;
      held.current.set(event.pointerId, placeOf(event));
    },
    /** True while the map is moved. */
    move: (event: PointerEvent): boolean => {
      const before = held.current.get(event.pointerId);
      if (before === undefined) return false;
      const now = placeOf(event);
      const other = [...held.current].find(([id]) => id !== event.pointerId)?.[1];
      held.current.set(event.pointerId, now);
      const [dx, dy] = [now.x - before.x, now.y - before.y];
      travel.current += Math.abs(dx) + Math.abs(dy);
      if (other !== undefined) onPinch([before, other], [now, other]);
      else if (travel.current > STILL) onDrag(dx, dy);
      return travel.current > STILL;
    },
    /** Whether the pointer that goes had been pressed alone and kept still. */
    end: (event: PointerEvent): boolean => {
      const wasAlone = held.current.size === 1 && held.current.has(event.pointerId);
      held.current.delete(event.pointerId);
      return wasAlone && travel.current <= STILL;
    },
  };
}
