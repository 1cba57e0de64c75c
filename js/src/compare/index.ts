import { widgetOf } from "../shared/widget";
import { CompareView } from "./view";

export default widgetOf((...parts) => {
  const view = new CompareView(...parts);
  return () => view.dispose();
});
