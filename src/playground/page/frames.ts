// Rendering at most once a frame, and never while the page is hidden.

/** Returns a function that asks for one call of `render` with the next frame. A hidden page has no frames. */
export function oncePerFrame(render: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      render();
    });
  };
}
