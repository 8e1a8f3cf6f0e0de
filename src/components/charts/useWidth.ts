/** The width an element has on the screen, so that a chart is drawn with letters of their true size. */
import { useLayoutEffect, useRef, useState, type RefObject } from "react";

export function useWidth<Box extends HTMLElement>(otherwise = 480): [RefObject<Box | null>, number] {
  const box = useRef<Box>(null);
  const [width, setWidth] = useState(otherwise);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const read = (): void => setWidth(Math.max(160, Math.round(element.clientWidth)));
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}
