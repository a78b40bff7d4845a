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
import java.util.Date;
import java.util.List;
import java.util.Set;

/**
 * The JDK's PKIX path builder as a judge: revocation and an explicit policy required.
 *
 * Each line of the file named first says "name root subordinate target policy crl,crl,... epoch-seconds"; for each one
 * line "name VALID" or "name REFUSED reason" is printed.
 */
public final class PathBuilderJudge {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            System.out.println(judge(line.split(" ")));
        }
    }

    private static String judge(String[] words) throws Exception {
        List<Object> evidence = new ArrayList<>();
        evidence.add(certificate(words[2]));
        for (String name : words[5].split(",")) {
            try (FileInputStream file = new FileInputStream(name)) {
                evidence.add(CertificateFactory.getInstance("X.509").generateCRL(file));
            }
        }
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(certificate(words[3]));
        PKIXBuilderParameters parameters =
            new PKIXBuilderParameters(Set.of(new TrustAnchor(certificate(words[1]), null)), target);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(evidence)));
        parameters.setRevocationEnabled(true);
        parameters.setExplicitPolicyRequired(!words[4].equals("-"));
        if (!words[4].equals("-")) {
            parameters.setInitialPolicies(Set.of(words[4]));
        }
        // Every certificate in service carries a CPS qualifier in a critical extension; the default would refuse them all.
        parameters.setPolicyQualifiersRejected(false);
        parameters.setDate(new Date(Long.parseLong(words[6]) * 1000));
        try {
            CertPathBuilder.getInstance("PKIX").build(parameters);
            return words[0] + " VALID";
        } catch (CertPathBuilderException refused) {
            Throwable cause = refused.getCause() == null ? refused : refused.getCause();
            return words[0] + " REFUSED " + cause.getMessage();
        }
    }

    private static X509Certificate certificate(String name) throws Exception {
        try (FileInputStream file = new FileInputStream(name)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
    }
}
