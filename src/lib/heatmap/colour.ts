/**
 * The heatmaps' colours: ramps that are even to the eye (OKLCH) and differ in lightness as well as hue, so that they
 * read in grey and by colour-blind eyes. Pure; used for the page, the PNG and the SVG alike.
 */
export type Hue = "state" | "mlp" | "attention";
export type Scheme = "light" | "dark";

/** OKLCH hue angles: purple, green, red as the field has them; blue for less, orange for more in differences. */
const ANGLES = { state: 298, mlp: 152, attention: 27, less: 242, more: 52 } as const;

/** Lightness and chroma at nothing and at all, by scheme. */
const ENDS = {
  light: { lightness: [0.962, 0.34], chroma: [0.008, 0.165] },
  dark: { lightness: [0.262, 0.87], chroma: [0.012, 0.125] },
} as const;

type Rgb = readonly [number, number, number];

const toSrgb = (linear: number): number => {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, value)));
};

/** OKLCH to sRGB bytes (Ottosson 2020), clipped to the gamut. */
export function oklch(lightness: number, chroma: number, angle: number): Rgb {
  const radians = (angle * Math.PI) / 180;
  const a = chroma * Math.cos(radians);
  const b = chroma * Math.sin(radians);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toSrgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toSrgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toSrgb(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

const toHex = (rgb: Rgb): string => `#${rgb.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

function ramp(angle: number, scheme: Scheme, amount: number): Rgb {
  const { lightness, chroma } = ENDS[scheme];
  const at = ([from, to]: readonly [number, number]): number => from + (to - from) * amount;
  // Chroma rises faster than lightness falls, so that weak cells already show their hue.
  return oklch(at(lightness), chroma[0] + (chroma[1] - chroma[0]) * amount ** 0.7, angle);
}

/** Where a value lies between nothing (0) and all (1); below nothing is negative, to −1. */
export type Scale = { nothing: number; all: number; isDifference: boolean };

export function position(scale: Scale, value: number): number {
  const reach = scale.all - scale.nothing;
  return reach <= 0 ? 0 : Math.min(1, Math.max(-1, (value - scale.nothing) / reach));
}

/** The colour of a value, as `#rrggbb`. Below the corrupted run it turns blue; differences are blue and orange. */
export function colourOf(amount: number, hue: Hue, isDifference: boolean, scheme: Scheme): string {
  const angle = amount < 0 ? ANGLES.less : isDifference ? ANGLES.more : ANGLES[hue];
  return toHex(ramp(angle, scheme, Math.abs(amount)));
}

/** Black or white ink, whichever reads better on a colour. */
export function inkOn(colour: string): string {
  const channel = (from: number): number => {
    const value = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return luminance > 0.179 ? "#000000" : "#ffffff";
}
