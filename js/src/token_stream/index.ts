import { widgetOf } from "../shared/widget";
import { TokenStreamView } from "./view";

export default widgetOf((...parts) => {
  const view = new TokenStreamView(...parts);
  return () => view.dispose();
});
