import eu.europa.esig.dss.diagnostic.DiagnosticDataFacade;
import eu.europa.esig.dss.diagnostic.jaxb.XmlDiagnosticData;
import eu.europa.esig.dss.enumerations.TokenExtractionStrategy;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.policy.ValidationPolicy;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.simplereport.jaxb.XmlTimestamp;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonCertificateSource;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.executor.signature.DefaultSignatureProcessExecutor;
import eu.europa.esig.dss.validation.policy.ValidationPolicyLoader;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Judges signed documents with EU DSS, one request a line, one answer a line.
 *
 * <p>Request, fields between tabs: file, detached files (commas), trust anchors, other certificates, lists (DER), moment
 * (ISO 8601, empty: now), folder for the full reports (empty: none). Answer: for each signature "indication
 * sub-indication format best-time", between tabs; or "ERROR" and a reason. The request "DECIDE" and a file asks for DSS's
 * decision over a file of diagnostic data.
 */
class DssJudge {
    private static ValidationPolicy policy;

    public static void main(String[] args) throws Exception {
        System.setProperty("java.awt.headless", "true");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("READY");
        System.out.flush();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String answer;
            try {
                answer = judge(line.split("\t", -1));
            } catch (Exception | LinkageError refused) {
                answer = "ERROR\t" + String.valueOf(refused).replaceAll("\\s+", " ");
            }
            System.out.println(answer);
            System.out.flush();
        }
    }

    /** DSS's own decision over facts it once wrote down: its default policy, at the moment that stands in them. */
    private static String decide(String file) throws Exception {
        XmlDiagnosticData facts = DiagnosticDataFacade.newFacade().unmarshall(new File(file));
        DefaultSignatureProcessExecutor executor = new DefaultSignatureProcessExecutor();
        executor.setDiagnosticData(facts);
        if (policy == null) {
            policy = ValidationPolicyLoader.fromDefaultValidationPolicy().create();
        }
        executor.setValidationPolicy(policy);
        executor.setCurrentTime(facts.getValidationDate());
        SimpleReport simple = executor.execute().getSimpleReport();
        return simple.getSignatureIdList().stream().map(id -> words(simple, id)).collect(Collectors.joining("\t"));
    }

    private static String judge(String[] fields) throws Exception {
        if (fields.length == 2 && fields[0].equals("DECIDE")) {
            return decide(fields[1]);
        }
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(fields[0]));
        List<DSSDocument> detached = new ArrayList<>();
        for (String file : files(fields[1])) {
            detached.add(new FileDocument(file));
        }
        if (!detached.isEmpty()) {
            validator.setDetachedContents(detached);
        }
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        CommonCertificateSource others = new CommonCertificateSource();
        for (String file : files(fields[2])) {
            trusted.addCertificate(certificate(file));
        }
        for (String file : files(fields[3])) {
            others.addCertificate(certificate(file));
        }
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setAIASource(null);
        verifier.setTrustedCertSources(trusted);
        verifier.setAdjunctCertSources(others);
        List<String> lists = files(fields[4]);
        if (!lists.isEmpty()) {
            List<DSSDocument> documents = new ArrayList<>();
            for (String file : lists) {
                documents.add(new InMemoryDocument(Files.readAllBytes(Path.of(file))));
            }
            verifier.setCrlSource(new ExternalResourcesCRLSource(documents.toArray(new DSSDocument[0])));
        }
        validator.setCertificateVerifier(verifier);
        validator.setTokenExtractionStrategy(TokenExtractionStrategy.NONE);
        if (!fields[5].isEmpty()) {
            validator.setValidationTime(Date.from(Instant.parse(fields[5])));
        }
        Reports reports = validator.validateDocument();
        if (fields.length > 6 && !fields[6].isEmpty()) {
            Path folder = Path.of(fields[6]);
            Files.writeString(folder.resolve("simple.xml"), reports.getXmlSimpleReport());
            Files.writeString(folder.resolve("diagnostic.xml"), reports.getXmlDiagnosticData());
            Files.writeString(folder.resolve("detailed.xml"), reports.getXmlDetailedReport());
        }
        SimpleReport simple = reports.getSimpleReport();
        return simple.getSignatureIdList().stream().map(id -> words(simple, id)).collect(Collectors.joining("\t"));
    }

    private static String words(SimpleReport simple, String id) {
        Date best = simple.getBestSignatureTime(id);
        StringBuilder stamps = new StringBuilder();
        for (XmlTimestamp stamp : simple.getSignatureTimestamps(id)) {
            stamps.append(stamps.length() == 0 ? "" : ",").append(stamp.getIndication());
        }
        return simple.getIndication(id) + " " + simple.getSubIndication(id) + " " + simple.getSignatureFormat(id) + " "
                + (best == null ? "-" : best.toInstant().toString()) + " " + (stamps.length() == 0 ? "-" : stamps);
    }

    private static List<String> files(String joined) {
        return joined.isEmpty() ? List.of() : List.of(joined.split(","));
    }

    private static CertificateToken certificate(String file) {
        return DSSUtils.loadCertificate(new File(file));
    }
}
