/**
 * Parts of the page whose code comes when they are first drawn. One that does not come (no network, a newer version in
 * its place), or that breaks, says so where it would stand and can be tried again; everything else goes on.
 */
import { Button } from "@mantine/core";
import {
  Component,
  createElement,
  lazy,
  Suspense,
  useState,
  type ComponentType,
  type ReactNode,
} from "react";
import { AppError } from "../../lib/errors";
import { toAppError } from "../../store/run";
import { useWorkspace } from "../workspaceContext";
import { ErrorNote } from "./ErrorNote";
import styles from "./ErrorNote.module.css";

type Load<Props> = () => Promise<{ default: ComponentType<Props> }>;

/** Loads again after a failure; what came once is kept by the browser. `name` begins a sentence. */
function createPart<Props extends object>(name: string, load: Load<Props>) {
  const fetchPart = () =>
    lazy(() =>
      load().catch(() => {
        throw notFetched(name);
      }),
    ) as ComponentType<Props>;
  const part = { View: fetchPart(), anew: (): void => void (part.View = fetchPart()) };
  return part;
}

function notFetched(name: string): AppError {
  const remedy = navigator.onLine
    ? "Perhaps a newer version has taken its place: try again, or reload the page. Your edits are kept."
    : "You are offline: connect and try again. Everything that is already here goes on.";
  return new AppError("network", `${name} could not be fetched.`, remedy);
}

/** Keeps the part's place until its code has come, and around what is said if it does not. */
type Around = (note: ReactNode) => ReactNode;

/** Drawn in its place. */
export function fetched<Props extends object>(
  name: string,
  load: Load<Props>,
  around: Around = (note) => note,
): ComponentType<Props> {
  const part = createPart(name, load);
  return function Fetched(props: Props) {
    const [View, setView] = useState<ComponentType<Props>>(() => part.View);
    const retry = (): void => {
      part.anew();
      setView(() => part.View);
    };
    return (
      <Failing onRetry={retry} instead={(error, again) => around(<Failed error={error} onRetry={again} />)}>
        <Suspense fallback={around(null)}>{createElement(View, props)}</Suspense>
      </Failing>
    );
  };
}

/** Floats over the page: a failure closes it and is told in the corner, and opening it again tries again. */
export function fetchedOver<Props extends { onClose: () => void }>(
  name: string,
  load: Load<Props>,
): ComponentType<Props> {
  const part = createPart(name, load);
  return function FetchedOver(props: Props) {
    const { stores } = useWorkspace();
    const [View] = useState<ComponentType<Props>>(() => part.View);
    const give = ({ message, remedy }: AppError): void => {
      part.anew();
      const reload = { label: "Reload", run: () => location.reload() };
      stores.notices.getState().tell("bad", message, remedy, reload);
      props.onClose();
    };
    return (
      <Failing onFail={give} instead={() => null}>
        <Suspense>{createElement(View, props)}</Suspense>
      </Failing>
    );
  };
}

type FailingProps = {
  instead: (error: AppError, retry: () => void) => ReactNode;
  onFail?: (error: AppError) => void;
  onRetry?: () => void;
  children: ReactNode;
};

class Failing extends Component<FailingProps, { error: AppError | undefined }> {
  override state: { error: AppError | undefined } = { error: undefined };
  static getDerivedStateFromError(thrown: unknown) {
    return { error: toAppError(thrown) };
  }
  override componentDidCatch(thrown: unknown): void {
    this.props.onFail?.(toAppError(thrown));
  }
  readonly retry = (): void => {
    this.props.onRetry?.();
    this.setState({ error: undefined });
  };
  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : this.props.instead(error, this.retry);
  }
}

function Failed({ error, onRetry }: { error: AppError; onRetry: () => void }) {
  return (
    <div className={styles.failed}>
      <ErrorNote error={error} />
      <span>
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Try again
        </Button>{" "}
        <Button size="compact-sm" variant="default" onClick={() => location.reload()}>
          Reload the page
        </Button>
      </span>
    </div>
  );
}
