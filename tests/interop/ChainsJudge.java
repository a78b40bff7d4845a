import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The JDK's PKIX path builder judges many paths in one process.
 *
 * Each line of the file named first says "file policies explicit no-mapping no-any epoch-seconds"; the file is PEM with
 * the root first and the judged certificate last.  For each line "file VALID" or "file REFUSED reason" is printed.
 */
public final class ChainsJudge {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = line.split(" ");
            System.out.println(words[0] + " " + judge(words));
        }
    }

    private static String judge(String[] words) throws Exception {
        List<X509Certificate> chain = new ArrayList<>();
        try (FileInputStream file = new FileInputStream(words[0])) {
            Collection<?> all = CertificateFactory.getInstance("X.509").generateCertificates(file);
            for (Object each : all) {
                chain.add((X509Certificate) each);
            }
        }
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(chain.get(chain.size() - 1));
        PKIXBuilderParameters parameters =
            new PKIXBuilderParameters(Set.of(new TrustAnchor(chain.get(0), null)), target);
        parameters.addCertStore(
            CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain.subList(1, chain.size()))));
        parameters.setRevocationEnabled(false);
        parameters.setMaxPathLength(-1);
        if (!words[1].equals("-")) {
            parameters.setInitialPolicies(new HashSet<>(Arrays.asList(words[1].split(","))));
        }
        parameters.setExplicitPolicyRequired(words[2].equals("1"));
        parameters.setPolicyMappingInhibited(words[3].equals("1"));
        parameters.setAnyPolicyInhibited(words[4].equals("1"));
        parameters.setDate(new Date(Long.parseLong(words[5]) * 1000));
        try {
            CertPathBuilder.getInstance("PKIX").build(parameters);
            return "VALID";
        } catch (CertPathBuilderException refused) {
            Throwable cause = refused.getCause() == null ? refused : refused.getCause();
            return "REFUSED " + cause.getMessage();
        } catch (RuntimeException broken) {
            return "REFUSED broken: " + broken.getMessage();
        }
    }
}
