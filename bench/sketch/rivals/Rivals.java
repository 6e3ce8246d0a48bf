import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.apache.datasketches.hll.HllSketch;
import org.apache.datasketches.hll.TgtHllType;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.apache.datasketches.kll.KllFloatsSketch;

/** Apache DataSketches for Java on the numbers of a file: prints one JSON object a line. */
public final class Rivals {
  public static void main(String[] args) throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of(args[0]))).order(ByteOrder.LITTLE_ENDIAN);
    double[] data = new double[bytes.remaining() / 8];
    bytes.asDoubleBuffer().get(data);
    int repeats = Integer.parseInt(args[1]);
    for (int k : new int[] {200, 1024}) {
      measure("KLL k=" + k + " doubles", repeats, data.length, () -> {
        KllDoublesSketch sketch = KllDoublesSketch.newHeapInstance(k);
        for (double v : data) sketch.update(v);
        return sketch.toByteArray();
      });
    }
    measure("KLL k=200 floats", repeats, data.length, () -> {
      KllFloatsSketch sketch = KllFloatsSketch.newHeapInstance(200);
      for (double v : data) sketch.update((float) v);
      return sketch.toByteArray();
    });
    measure("HLL_8 lg_k=12", repeats, data.length, () -> {
      HllSketch sketch = new HllSketch(12, TgtHllType.HLL_8);
      for (double v : data) sketch.update(v);
      return sketch.toCompactByteArray();
    });
  }

  /** CPU time of this thread alone: the compiler's threads are not the sketch's. */
  private static void measure(String what, int repeats, int updates, Supplier<byte[]> run) {
    double best = Double.POSITIVE_INFINITY;
    int size = 0;
    for (int i = 0; i < repeats; i++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      size = run.get().length;
      long spent = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
      best = Math.min(best, (double) spent / updates);
    }
    System.out.println("{\"what\":\"" + what + "\",\"by\":\"datasketches-java 6.2.0\",\"nsPerUpdate\":" + best
        + ",\"bytes\":" + size + "}");
  }
}
