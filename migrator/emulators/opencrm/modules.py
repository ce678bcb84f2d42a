"""The modules: which fields each has, and which of them are dates.

The fields are those of the vendor's field reference as a client wrote them down (client). Nothing is checked against
them, since "mandatory field checks are not in place and data validation [...] is not supported" (vendor).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

OWNER = "smownerid"

_CUSTOM = re.compile(r"cf_[0-9]+")
_COMMON = f"{OWNER} description"


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One module. `title` is what a record calls it; the fields of an open module are not known: any name is one."""

    name: str
    title: str
    blank: Mapping[str, str] = field(repr=False)
    dates: frozenset[str] = frozenset()
    is_open: bool = False
    is_sales: bool = False

    def has(self, name: str) -> bool:
        """Tell whether there is such a field; custom fields are `cf_<n>` in every module (client)."""
        return self.is_open or name in self.blank or _CUSTOM.fullmatch(name) is not None


def _module(name: str, title: str, texts: str, dates: str) -> Module:
    names = [*_COMMON.split(), *texts.split(), *dates.split()]
    return Module(name=name, title=title, blank=dict.fromkeys(names, ""), dates=frozenset(dates.split()))


def _open(name: str, title: str, *, is_sales: bool = False) -> Module:
    blank = dict.fromkeys(_COMMON.split(), "")
    return Module(name=name, title=title, blank=blank, is_open=True, is_sales=is_sales)


_CONTACT = _module(
    "contact",
    "Contacts",
    """firstname lastname title department contacttype leadsource greeting email email2 phone mobile homephone
    otherphone fax assistant assistantphone assistant_email mailingstreet mailingstreet2 mailingcity mailingstate
    mailingzip mailingcountry otherstreet otherstreet2 othercity otherstate otherzip othercountry folder
    consent_given_to portal login password sage_ref includeinsync subscription contactdetails_tags accountid reportsto
    addressinherit do_not_email tps fps donotlivechat consent_to_processing data_processing_consent_given
    righttobeforgotten portal_islocked canesign""",
    "birthday date_consent_given righttobeforgotten_date support_start_date support_end_date",
)
_COMPANY = _module(
    "company",
    "Companies",
    """accountname account_type industry ownership rating employees annualrevenue companynumber proprietor email1
    email2 phone otherphone fax website street bill_street_2 city state code country billemail ship_street
    ship_street_2 ship_city ship_state ship_code ship_country shipemail reg_street reg_street_2 reg_city reg_state
    reg_code reg_country consent_given_to sage_ref vatnumber def_currency language paymenttype credit_status
    creditcheckby subscription account_tags parentid pricebook credit_limit_days credit_limit outstanding_balance
    due_balance overdue_balance currentspend year_to_date address_inherit do_not_email tps fps consent_to_processing
    data_processing_consent_given righttobeforgotten vatexempt stockfund majoraccount includeinsync""",
    "date_consent_given righttobeforgotten_date creditcheckon",
)
_LEAD = _module(
    "lead",
    "Leads",
    """firstname lastname company email phone mobile fax homephone designation leadsource leadstatus leadtype industry
    rating annualrevenue noofemployees lane lane2 city state code country website greeting consent_given_to portal
    login password subscription leaddetails_tags do_not_email tps fps donotlivechat consent_to_processing
    data_processing_consent_given righttobeforgotten portal_islocked actionplan_id emailplan""",
    "dob date_consent_given righttobeforgotten_date",
)
_OPPORTUNITY = _module(
    "opportunity",
    "Opportunities",
    """potentialname potentialtype sales_stage leadsource nextstep email def_currency cost_centre potential_tags
    accountid contactid campaignid projectid single_event_id parent_id probability activedays vat_rate actionplan_id
    emailplan amount previous_amount gain_loss weightedamount salescommission commission_approved""",
    "start_date closingdate commission_approved_date reassigned_date",
)
_ACTIVITY = _module(
    "activity",
    "Activities",
    """subject taskstatus taskpriority category tasklist chargetime livechat_convo_url duration_hours parent_id
    contact_id accountid single_asset_id vat_rate cf_faqrating cost_net cost_gross sendnotification
    sendnotificationcont reminder_time reminder_time_cont showonportal""",
    "date_start due_date",
)
_TICKET = _module(
    "ticket",
    "Helpdesk",
    """title status priority severity category support_queue solution tech_solution closedby openedby email_to
    sent_to_support_email troubletickets_tags contactid parent_id extra_parent_id contractid projectid product_id
    single_asset_id actionplan_id emailplan cost_net cost_gross showonportal""",
    "closedon reassigned_date",
)
_PROJECT = _module(
    "project",
    "Projects",
    """name projectnum projecttype projectstatus projpriority email vat_rate time_m projects_tags accountid contactid
    salesorder_id parent_id time_taken_m nc_time_m sched_time_m actionplan_id emailplan budget cost_net cost_gross
    active private showonportal showdocsonportal""",
    "startdate enddate targetend reassigned_date",
)
_PRODUCT = _module(
    "product",
    "Products",
    """productname productcode productcategory product_status subproducttype product_description mini_description
    commission_band manufacturer vendor_part_no reorderlevel location_warehouse location_shelf location_bin serialno
    batch_number model_revision nominal_code purch_nom_code purch_nom_desc glacct taxclass def_currency size
    prod_supplytype bundle_product website productsheet products_tags commissionrate vendor_id qtyinstock qtyindemand
    qty_per_unit contract_term usageunit weight_stock parentprodid customerid installerid unit_price buy_price
    discontinued""",
    """sales_start_date sales_end_date start_date expiry_date datein despatchdate price_check_date reassigned_date""",
)

MODULES = {
    module.name: module
    for module in (
        *(_ACTIVITY, _COMPANY, _CONTACT, _LEAD, _OPPORTUNITY, _PRODUCT, _PROJECT, _TICKET),
        *(_open("asset", "Assets"), _open("contract", "Contracts")),
        *(_open("quote", "Quotes", is_sales=True), _open("salesorder", "SalesOrders", is_sales=True)),
        *(_open("invoice", "Invoices", is_sales=True), _open("purchaseorder", "PurchaseOrders", is_sales=True)),
    )
}
