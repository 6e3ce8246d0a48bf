import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;
import org.apache.datasketches.common.ArrayOfStringsSerDe;
import org.apache.datasketches.frequencies.ItemsSketch;
import org.apache.datasketches.hll.HllSketch;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.apache.datasketches.kll.KllFloatsSketch;
import org.apache.datasketches.memory.Memory;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;

/** Reads every sketch of a folder with DataSketches for Java; prints for each a line: name, then its answers. */
public final class ReadSketches {
  public static void main(String[] args) throws Exception {
    File[] files = new File(args[0]).listFiles((folder, name) -> name.endsWith(".sk"));
    Arrays.sort(files);
    for (File file : files) {
      byte[] bytes = Files.readAllBytes(file.toPath());
      System.out.println(file.getName() + "\t" + answers(file.getName(), bytes));
    }
  }

  private static String answers(String name, byte[] bytes) {
    if (name.startsWith("kll_doubles")) {
      KllDoublesSketch sketch = KllDoublesSketch.heapify(Memory.wrap(bytes));
      if (sketch.isEmpty()) return "0\t0";
      return sketch.getN() + "\t" + sketch.getNumRetained() + "\t" + sketch.getMinItem() + "\t" + sketch.getMaxItem()
          + "\t" + sketch.getQuantile(0.5, QuantileSearchCriteria.INCLUSIVE)
          + "\t" + sketch.getQuantile(0, QuantileSearchCriteria.INCLUSIVE);
    }
    if (name.startsWith("kll_floats")) {
      KllFloatsSketch sketch = KllFloatsSketch.heapify(Memory.wrap(bytes));
      if (sketch.isEmpty()) return "0\t0";
      return sketch.getN() + "\t" + sketch.getNumRetained() + "\t" + (double) sketch.getMinItem() + "\t"
          + (double) sketch.getMaxItem() + "\t" + (double) sketch.getQuantile(0.5f, QuantileSearchCriteria.INCLUSIVE)
          + "\t" + (double) sketch.getQuantile(0f, QuantileSearchCriteria.INCLUSIVE);
    }
    if (name.startsWith("hll")) {
      HllSketch sketch = HllSketch.heapify(bytes);
      return sketch.getEstimate() + "\t" + sketch.getLowerBound(2) + "\t" + sketch.getUpperBound(2);
    }
    ItemsSketch<String> sketch = ItemsSketch.getInstance(Memory.wrap(bytes), new ArrayOfStringsSerDe());
    return sketch.getStreamLength() + "\t" + sketch.getNumActiveItems() + "\t" + sketch.getMaximumError();
  }
}
