"""Where the money is: what the CRM won, what was booked, what was paid, and what nobody claims.

unmatched   sales nobody in a CRM answers for, customer by customer, with the nearest accounts
revenue     the few numbers of the report
reconcile   won beside booked beside paid, by account, month or product
export      the same as CSV
"""
