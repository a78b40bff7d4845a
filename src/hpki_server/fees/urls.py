"""Paths of the books."""

from django.urls import path

from hpki_server.fees.views import books, files, invoices, payments

app_name = "fees"
urlpatterns = [
    path("cashier/", invoices.listed, name="invoices"),
    path("cashier/invoices/<uuid:invoice_id>/", invoices.shown, name="invoice"),
    path("cashier/invoices/<uuid:invoice_id>/pay/", invoices.pay, name="pay"),
    path("cashier/invoices/<uuid:invoice_id>/cancel/", invoices.cancel, name="cancel"),
    path("cashier/invoices/<uuid:invoice_id>/invoice.pdf", invoices.pdf, name="invoice-pdf"),
    path("cashier/invoices/<uuid:invoice_id>/receipt.pdf", invoices.receipt, name="receipt-pdf"),
    path("cashier/files/", files.listed, name="files"),
    path("cashier/files/<uuid:file_id>/", files.shown, name="file"),
    path("cashier/files/<uuid:file_id>/continue/", files.go_on, name="continue-file"),
    path("cashier/payments/", payments.unmatched, name="unmatched"),
    path("cashier/payments/record/", payments.record, name="record-payment"),
    path("cashier/payments/<uuid:payment_id>/", payments.shown, name="payment"),
    path("cashier/payments/<uuid:payment_id>/match/", payments.match, name="match"),
    path("cashier/payments/<uuid:payment_id>/unmatch/", payments.unmatch, name="unmatch"),
    path("cashier/payments/<uuid:payment_id>/refund/", payments.refund, name="refund"),
    path("cashier/refunds/", payments.refunds, name="refunds"),
    path("cashier/refunds/<uuid:refund_id>/sent/", payments.sent, name="sent"),
    path("cashier/months/", books.months, name="months"),
    path("cashier/months.csv", books.months_csv, name="months-csv"),
]
