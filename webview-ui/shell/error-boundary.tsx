// The third place where bugs are caught: a part that cannot be drawn leaves a sentence and a way on, not a blank view.
import { Component, type ComponentChildren } from "preact";
import { messageOf } from "../../server/protocol/rpc/errors.ts";

interface Props {
  /** Makes the state drawable: after it the children are drawn once more. */
  onReload: () => void;
  onNewThread: () => void;
  children: ComponentChildren;
}

export class ErrorBoundary extends Component<Props, { error: string | null }> {
  override state: { error: string | null } = { error: null };

  static override getDerivedStateFromError(error: unknown): { error: string } {
    return { error: messageOf(error) };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    const after = (mend: () => void) => () => {
      mend();
      this.setState({ error: null });
    };
    return (
      <div class="broken" role="alert">
        <p>The view could not be drawn. Your threads are safe: the server holds them.</p>
        <p class="error-details">{this.state.error}</p>
        <div class="error-actions">
          <button type="button" class="button primary" onClick={after(this.props.onReload)}>
            Reload view
          </button>
          <button type="button" class="button" onClick={after(this.props.onNewThread)}>
            New thread
          </button>
        </div>
      </div>
    );
  }
}
