// Pictures inside a message, small. Their addresses hold the pictures themselves: nothing is fetched.

export function Pictures({ urls }: { urls: readonly string[] }) {
  if (urls.length === 0) return null;
  return (
    <div class="pictures">
      {urls.map((url, index) => (
        <img key={index} class="picture" src={url} alt="Picture" />
      ))}
    </div>
  );
}
