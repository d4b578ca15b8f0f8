import java.util.Properties;
import org.postgresql.Driver;

/** How pgjdbc reads each argument: `user|password|host|port|database`, or `null` where it refuses the URL. */
public class Jdbc {
    public static void main(String[] urls) {
        for (String url : urls) {
            Properties read = Driver.parseURL(url, new Properties());
            System.out.println(read == null ? null : String.join("|", read.getProperty("user", ""),
                    read.getProperty("password", ""), read.getProperty("PGHOST"), read.getProperty("PGPORT"),
                    read.getProperty("PGDBNAME", "")));
        }
    }
}
