/** Connects once, and prints the result: `connected MS`, or `failed MS ERROR`. */
public class Dial {
    public static void main(String[] args) {
        long began = System.nanoTime();
        String ended;
        String error = "";
        try (java.net.Socket socket = new java.net.Socket(args[0], Integer.parseInt(args[1]))) {
            ended = "connected";
        } catch (java.io.IOException failed) {
            ended = "failed";
            error = " " + failed;
        }
        System.out.println(ended + " " + (System.nanoTime() - began) / 1_000_000 + error);
    }
}
