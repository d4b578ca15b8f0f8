import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import liquibase.Contexts;
import liquibase.Liquibase;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.DirectoryResourceAccessor;
import org.flywaydb.core.Flyway;

/** Flyway and Liquibase apply migrations of their own: Tools TOOL URL USER PASSWORD FOLDER TARGET. Version 3 fails with Flyway. */
class Tools {
    public static void main(String[] args) throws Exception {
        String url = args[1], user = args[2], password = args[3], target = args[5];
        Path folder = Path.of(args[4]);
        if (args[0].equals("flyway")) {
            Files.writeString(folder.resolve("V1__first.sql"), "CREATE TABLE f1 (n int);");
            Files.writeString(folder.resolve("V1.10__second.sql"), "CREATE TABLE f2 (n int);");
            Files.writeString(folder.resolve("V3__third.sql"), "CREATE TABLE f3 (n int); SELECT nothing();");
            // Without a transaction, the failure stays in the history.
            Files.writeString(folder.resolve("V3__third.sql.conf"), "executeInTransaction=false");
            Flyway.configure().dataSource(url, user, password).locations("filesystem:" + folder).target(target).load().migrate();
            return;
        }
        StringBuilder log = new StringBuilder("--liquibase formatted sql\n");
        for (int number = 1; number <= Integer.parseInt(target); number++) {
            log.append("--changeset ann:step-" + number + "\nCREATE TABLE l" + number + " (n int);\n");
        }
        Files.writeString(folder.resolve("changes.sql"), log);
        var database = DatabaseFactory.getInstance()
            .findCorrectDatabaseImplementation(new JdbcConnection(DriverManager.getConnection(url, user, password)));
        try (Liquibase liquibase = new Liquibase("changes.sql", new DirectoryResourceAccessor(folder), database)) {
            liquibase.update(new Contexts());
        }
    }
}
